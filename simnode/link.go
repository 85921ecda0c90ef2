package simnode

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"chanbot/tx"
)

// How an initiator's machine finds the responder's (ws-api 2.1, fsm.md 1).
const (
	// maxDials is how often a port that nobody listens on is dialled.
	maxDials = 40
	// A listening port without a matching responder drops the connection after
	// a few looks.
	maxLooks  = 5
	lookPause = 100 * time.Millisecond
)

// meet makes a responder wait on its port, or an initiator look for it. A port
// stays open after the machine that opened it is gone.
func (n *Node) meet(in *instance) {
	if in.role == roleResponder {
		n.mu.Lock()
		n.ports[in.port] = append(n.ports[in.port], in)
		n.mu.Unlock()
		return
	}
	n.dial(in, 1, 0)
}

// dial tries once to reach the responder.
func (n *Node) dial(in *instance, dials, looks int) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return
	}
	if _, alive := n.instances[in]; !alive {
		n.mu.Unlock()
		return
	}
	c, listening := n.findLocked(in)
	switch {
	case c != nil:
		n.mu.Unlock()
		c.up()
		return
	case listening && looks >= maxLooks:
		n.mu.Unlock()
		n.dispatch(in, event{kind: evRefused}, nil)
		return
	case listening:
		in.dialTimer = time.AfterFunc(lookPause, func() { n.dial(in, dials, looks+1) })
	case dials < maxDials:
		in.dialTimer = time.AfterFunc(n.cfg.dialRetry(), func() { n.dial(in, dials+1, 0) })
	}
	n.mu.Unlock()
}

// findLocked looks for the responder that waits for an initiator, behind the
// host and port that it dials, and joins the two. listening tells whether
// anybody answers there at all.
func (n *Node) findLocked(in *instance) (c *connection, listening bool) {
	for _, m := range n.network.meantLocked(in.f.p.Host) {
		link := n.network.linkLocked(n, m)
		if link.cut {
			continue
		}
		waiting, open := m.ports[in.port]
		if at := slices.IndexFunc(waiting, func(r *instance) bool { return r.waitsFor(in) }); at >= 0 {
			peer := waiting[at]
			m.stopWaitingLocked(peer)
			return link.connectLocked(in, peer), true
		}
		listening = listening || open || m.cfg.busy(in.port)
	}
	return nil, listening
}

// waitAgain makes a responder that outlived its peer wait for it on its port.
func (n *Node) waitAgain(in *instance) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, alive := n.instances[in]; alive && in.role == roleResponder {
		n.ports[in.port] = append(n.ports[in.port], in)
	}
}

// waitsFor tells whether a waiting responder expects this initiator: the pair
// of accounts is the same.
func (in *instance) waitsFor(initiator *instance) bool {
	mine, theirs := in.f.p, initiator.f.p
	if theirs.Reconnect {
		return in.channel() == theirs.ExistingChannel
	}
	if mine.Reconnect {
		return false
	}
	return mine.ResponderID == theirs.ResponderID && (mine.AnyInitiator || mine.InitiatorID == theirs.InitiatorID)
}

func (n *Node) stopWaitingLocked(in *instance) {
	waiting, listening := n.ports[in.port]
	if at := slices.Index(waiting, in); listening && at >= 0 {
		n.ports[in.port] = slices.Delete(waiting, at, at+1)
	}
}

// nodeView is what a machine may see of its node.
type nodeView struct {
	chain     *chain
	networkID string
	noVerify  bool

	// recent remembers signatures that were found good, because both machines
	// of a channel check the same ones.
	mu     sync.Mutex
	recent [4]goodSignature
	next   int
}

type goodSignature struct {
	id            tx.ID
	unsigned, sig []byte
}

func (v *nodeView) top() uint64 {
	h, _ := v.chain.top()
	return h
}

func (v *nodeView) nextNonce(id tx.ID) uint64 { return v.chain.freeNonce(id) }

func (v *nodeView) blockHeight(h tx.Hash) (uint64, bool) { return v.chain.blockByHash(h) }

func (v *nodeView) closing(channel tx.ID) bool {
	c, ok := v.chain.channel(channel)
	return ok && !c.active()
}

func (v *nodeView) onChain(channel tx.ID) (round, lockedUntil uint64) {
	c, _ := v.chain.channel(channel)
	return c.Round, c.LockedUntil
}

func (v *nodeView) verify(id tx.ID, unsigned, sig []byte) bool {
	if v.noVerify {
		return true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.recent {
		if g := &v.recent[i]; g.id == id && g.is(unsigned, sig) {
			return true
		}
	}
	if !tx.Verify(id, v.networkID, unsigned, sig) {
		return false
	}
	v.recent[v.next] = goodSignature{id, unsigned, sig}
	v.next = (v.next + 1) % len(v.recent)
	return true
}

func (v *nodeView) signer(unsigned, sig []byte) tx.ID {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.recent {
		if g := &v.recent[i]; g.is(unsigned, sig) {
			return g.id
		}
	}
	return tx.ID{}
}

func (g *goodSignature) is(unsigned, sig []byte) bool {
	return len(sig) > 0 && bytes.Equal(g.sig, sig) && bytes.Equal(g.unsigned, unsigned)
}
