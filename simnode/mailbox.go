package simnode

import (
	"sync"
	"time"
)

// The mailbox of an instance: what came and is not handled yet.

// item is an event in a mailbox with the session whose call it is.
type item struct {
	ev     event
	caller *session    // of evRequest, evStop and evClientBack; the lost one of evClientLost
	link   *connection // of evLinkUp, evLinkDown and evPeer
	due    time.Time   // when a late item is taken up, or one under way arrives
}

// unanswered releases a caller whose machine has ended, or a peer that found
// it too late.
func (it *item) unanswered(work *worklist) {
	switch it.ev.kind {
	case evLinkUp:
		it.link.fail(work)
	case evRequest, evStop:
		it.caller.answers <- goneAnswer(it.ev)
	case evClientBack:
		it.caller.answers <- answer{gone: true}
	}
}

// dispatch hands an event to an instance and runs every machine that has work
// because of it. It returns false when the instance has ended.
func (n *Node) dispatch(in *instance, ev event, caller *session) bool {
	return n.deliver(in, item{ev: ev, caller: caller})
}

func (n *Node) deliver(in *instance, it item) bool {
	var work worklist
	if !in.push(it, &work) {
		return false
	}
	work.drain()
	return true
}

// push queues an event; work gets the instance if the caller has to run it.
func (in *instance) push(it item, work *worklist) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.pushLocked(it, work)
}

func (in *instance) pushLocked(it item, work *worklist) bool {
	if in.ended {
		return false
	}
	if in.node.cfg.Latency > 0 && in.delayLocked(it) {
		return true
	}
	in.queueLocked(it)
	if !in.running {
		in.running = true
		work.machines = append(work.machines, in)
	}
	return true
}

// delayLocked keeps an item back for Config.Latency: signatures, messages of
// the peer, and whatever comes behind one of these.
func (in *instance) delayLocked(it item) bool {
	switch it.ev.kind {
	case evSigned, evPeer, evLinkDown:
		it.due = time.Now().Add(in.node.cfg.Latency)
	case evRequest, evStop:
		if len(in.late) == 0 {
			return false
		}
		it.due = in.late[len(in.late)-1].due
	default:
		return false
	}
	in.late = append(in.late, it)
	if len(in.late) == 1 {
		in.waking = time.AfterFunc(in.node.cfg.Latency, in.wake)
	}
	return true
}

// wake takes up the late items whose time has come.
func (in *instance) wake() {
	in.mu.Lock()
	now := time.Now()
	n := 0
	for n < len(in.late) && !in.late[n].due.After(now) {
		n++
	}
	in.queueLocked(in.late[:n]...)
	in.late = in.late[n:]
	if len(in.late) > 0 {
		in.waking.Reset(in.late[0].due.Sub(now))
	}
	run := !in.running && !in.ended && in.queue != nil
	in.running = in.running || run
	in.mu.Unlock()
	if run {
		(&worklist{machines: []*instance{in}}).drain()
	}
}

// run handles events until the mailbox is empty.
func (in *instance) run(work *worklist) {
	for {
		in.mu.Lock()
		if in.queue == nil || in.ended {
			in.running = false
			in.mu.Unlock()
			return
		}
		batch := in.queue
		in.queue = nil
		in.mu.Unlock()
		for i := range *batch {
			in.take(&(*batch)[i], work)
		}
		clear(*batch)
		*batch = (*batch)[:0]
		mailboxes.Put(batch)
	}
}

// mailboxes are used again: nearly all machines wait, and have nothing in theirs.
var mailboxes = sync.Pool{New: func() any { return new([]item) }}

func (in *instance) queueLocked(its ...item) {
	if len(its) == 0 {
		return
	}
	if in.queue == nil {
		in.queue = mailboxes.Get().(*[]item)
	}
	*in.queue = append(*in.queue, its...)
}
