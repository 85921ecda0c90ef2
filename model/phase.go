package model

import "strconv"

// Phase is where a channel is in its life, as far as one client can tell from
// the frames it got. The node may be ahead of it.
type Phase uint8

// The phases. Between two neighbours lies the frame that the comment names.
const (
	// PhaseOffline: no socket. Left by Connected.
	PhaseOffline Phase = iota
	// PhaseConnecting: a socket, and no word of the node's state machine.
	// Left by "info fsm_up".
	PhaseConnecting
	// PhaseStarted: the state machine waits for its peer. Left by
	// "info channel_accept" (initiator) or "info channel_open" (responder).
	PhaseStarted
	// PhaseAccepted: the two state machines know each other; the create
	// transaction is being signed. Left by "on_chain_tx funding_signed" or
	// "on_chain_tx funding_created".
	PhaseAccepted
	// PhaseFunding: the co-signed create transaction waits for its depth. Left
	// by "info own_funding_locked".
	PhaseFunding
	// PhaseLocked: this side has its depth and waits for the peer's. Left by
	// "info open".
	PhaseLocked
	// PhaseOpen: usable. Left by "info closing" or "info died".
	PhaseOpen
	// PhaseClosing: a closing transaction is agreed on or on the chain. Left by
	// "on_chain_tx channel_closed", or back to PhaseOpen by "info open".
	PhaseClosing
	// PhaseClosed: the closing transaction is in a block. Left by "info died".
	PhaseClosed
	// PhaseDead: the state machine has ended. Left by reconnecting.
	PhaseDead
)

var phaseNames = [...]string{
	"offline", "connecting", "started", "accepted", "funding", "locked", "open", "closing", "closed", "dead",
}

// String returns the name in lower case.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "Phase(" + strconv.Itoa(int(p)) + ")"
}
