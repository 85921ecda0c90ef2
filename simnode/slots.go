package simnode

// The admission queue of the real node (ws-api 1): a few sockets are set up at
// a time, some more wait, and the rest are closed without a frame. A session
// that starts a machine gives its slot back at once, one that reconnects keeps
// it until it ends.

// slots counts set-ups. The zero value admits everyone. Node.mu guards it.
type slots struct {
	used    int
	waiting []chan struct{}
}

// enter waits for a slot; it returns false when there is no room to wait or the
// node ends. leaveSlot gives the slot back.
func (n *Node) enter() bool {
	if n.cfg.SetupSlots <= 0 {
		return true
	}
	n.mu.Lock()
	if n.slots.used < n.cfg.SetupSlots {
		n.slots.used++
		n.mu.Unlock()
		return true
	}
	if len(n.slots.waiting) >= n.cfg.SetupQueue {
		n.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	n.slots.waiting = append(n.slots.waiting, turn)
	n.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-n.stop:
		return false
	}
}

// leaveSlot hands the slot to the first that waits, or frees it.
func (n *Node) leaveSlot() {
	if n.cfg.SetupSlots <= 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.slots.waiting) > 0 {
		close(n.slots.waiting[0])
		n.slots.waiting = n.slots.waiting[1:]
		return
	}
	n.slots.used--
}
