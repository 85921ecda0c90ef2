package bot

import (
	"time"

	"chanbot/wire"
)

// A node acknowledges a signature before anything that it leads to, but a
// conflict that the other side caused may overtake the acknowledgement. A step
// waits for it, so that no answer to one step comes in the middle of the next.

// owe notes a signature whose acknowledgement has to come.
func (e *end) owe(id wire.ID) {
	if id != nil {
		e.owed = append(e.owed, string(id))
	}
}

// paid takes the answer to a signature off the list.
func (e *end) paid(f *wire.Frame) {
	if len(e.owed) == 0 || f.Kind != wire.KindResult && f.Kind != wire.KindError {
		return
	}
	for i, id := range e.owed {
		if id == string(f.ID) {
			e.owed = append(e.owed[:i], e.owed[i+1:]...)
			return
		}
	}
}

// lingers says that the step is over but for acknowledgements that are still to
// come. It waits for them a bounded time: a socket may be blocked on purpose. Where
// nothing else waits, the node has as long as for anything that it owes.
func (r *run) lingers() bool {
	owed, blocked := false, false
	for _, e := range r.p.ends {
		if e.sock != nil && len(e.owed) > 0 {
			owed, blocked = true, blocked || e.client == nil || e.client.Unanswered() > len(e.owed)
		}
	}
	if !owed || r.lingered {
		return false
	}
	if r.linger == nil {
		limit := settleTime
		if patience := r.p.fleet.cfg.Patience; !blocked && patience > 0 {
			limit = patience + settleTime // the oracle calls it stuck before that
		}
		r.linger = time.AfterFunc(limit, func() {
			r.p.lock()
			defer r.p.unlock()
			r.lingered = true
			r.p.sweep()
		})
	}
	return true
}
