package simnode

import "chanbot/wire"

// Nothing but the answer to a stop comes after "info died" (ws-api 3.4).

// lastWords says that the machine has ended: its last frames follow.
func (s *session) lastWords() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
}

func (s *session) hasEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// stops tells whether a request is a stop.
func stops(r *wire.Request) bool {
	p, _ := paramsOf(r)
	action, _ := wire.Text(p["action"])
	return r.Method == wire.MethodSystem && action == wire.ActionStop
}
