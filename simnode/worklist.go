package simnode

// worklist is what one goroutine has to do because of an event: machines with
// something in their mailbox, and then sessions with something to write. The
// zero value is an empty one.
type worklist struct {
	machines []*instance
	sessions []*session
}

// drain does it all. Frames leave when no machine has anything more to do, so
// that those of one socket leave together.
func (w *worklist) drain() {
	for len(w.machines) > 0 {
		next := w.machines[0]
		w.machines = w.machines[1:]
		next.run(w)
	}
	for _, s := range w.sessions {
		s.flush()
	}
	w.sessions = nil
}
