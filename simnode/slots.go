package simnode

import (
	"slices"
	"time"
)

// slots counts those who are inside, where only so many may be. Node.mu guards
// it.
type slots struct {
	used    int
	waiting []chan struct{} // closed when it is one's turn
}

// enter waits for a slot of limit, 0 for no limit. It returns false when queue
// others wait already (-1: any number may), the node ends, or giveUp is closed.
// exit gives the slot back.
func (n *Node) enter(s *slots, limit, queue int, giveUp <-chan struct{}) bool {
	if limit <= 0 {
		return true
	}
	n.mu.Lock()
	if s.used < limit {
		s.used++
		n.mu.Unlock()
		return true
	}
	if queue >= 0 && len(s.waiting) >= queue {
		n.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	n.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-n.stop:
	case <-giveUp:
	}
	n.mu.Lock()
	at := slices.Index(s.waiting, turn)
	if at >= 0 {
		s.waiting = slices.Delete(s.waiting, at, at+1)
	}
	n.mu.Unlock()
	if at < 0 {
		n.exit(s, limit) // it was one's turn meanwhile
	}
	return false
}

// exit hands the slot to the first that waits, or frees it.
func (n *Node) exit(s *slots, limit int) {
	if limit <= 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(s.waiting) > 0 {
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
		return
	}
	s.used--
}

// The admission queue of the real node (ws-api 1): a few sockets are set up at
// a time, some more wait, and the rest are closed without a frame. A session
// that starts a machine gives its slot back at once, one that reconnects keeps
// it until it ends.

// enterSetup waits for a slot, and for as long as a set-up takes. It returns
// false when there is no room to wait, or the node ends.
func (n *Node) enterSetup() bool {
	if !n.enter(&n.setups, n.cfg.SetupSlots, n.cfg.SetupQueue, nil) {
		return false
	}
	if n.cfg.SetupTime <= 0 {
		return true
	}
	t := time.NewTimer(n.cfg.SetupTime)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-n.stop:
		n.leaveSlot()
		return false
	}
}

// leaveSlot gives the slot of enterSetup back.
func (n *Node) leaveSlot() { n.exit(&n.setups, n.cfg.SetupSlots) }
