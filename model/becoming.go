package model

// One function per transition; nothing else assigns the phase.

// becomeOffline remembers where a living channel was left.
func (c *Client) becomeOffline() {
	c.resume = c.phase
	c.phase = PhaseOffline
}

func (c *Client) becomeConnecting() {
	if c.phase != PhaseOffline {
		c.resume = c.phase
	}
	c.phase = PhaseConnecting
}

// becomeStarted follows fsm_up. A client that came back goes on where it was,
// unless the state machine of then is dead; what it missed the next frames show.
func (c *Client) becomeStarted() {
	c.phase = PhaseStarted
	if c.reconnected && c.resume > PhaseStarted && c.resume < PhaseDead {
		c.phase = c.resume
	}
}

func (c *Client) becomeAccepted() { c.phase = max(c.phase, PhaseAccepted) }
func (c *Client) becomeFunding()  { c.phase = max(c.phase, PhaseFunding) }
func (c *Client) becomeLocked()   { c.phase = max(c.phase, PhaseLocked) }

// becomeOpen also leads back from closing (QuirkOpenAgain).
func (c *Client) becomeOpen() {
	c.phase = PhaseOpen
	if c.create != nil {
		c.retire(c.create)
	}
	c.create = nil
	if c.op != nil && c.op.spec.kind == kindCreate {
		c.op = nil
	}
}

// becomeClosing ends what was pending: from now on the last state counts. The
// peer may have completed what this side loses by it (fsm 6.5).
func (c *Client) becomeClosing() {
	c.phase = max(c.phase, PhaseClosing)
	if o := c.op; o != nil && o.signed && (o.spec.kind == kindUpdate || o.spec.kind == kindOnChain) {
		c.lost = true
	}
	c.closed, c.op = true, nil
}

func (c *Client) becomeClosed() {
	c.phase = max(c.phase, PhaseClosed)
	c.closed, c.op = true, nil
}

func (c *Client) becomeDead() { c.phase = PhaseDead }
