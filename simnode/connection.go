package simnode

import (
	"sync/atomic"
	"time"
)

// connection joins the two machines of a channel, from the dial that succeeds
// until one of them ends or the link is cut.
type connection struct {
	link   *Link
	ends   [2]*instance // by role
	broken atomic.Bool  // nothing goes through any more
}

// connectLocked joins an initiator and a responder.
func (l *Link) connectLocked(initiator, responder *instance) *connection {
	c := &connection{link: l, ends: [2]*instance{initiator, responder}}
	l.connections[c] = struct{}{}
	return c
}

// up tells both machines that they have found each other, the responder first.
func (c *connection) up() {
	for _, r := range []role{roleResponder, roleInitiator} {
		in := c.ends[r]
		if !in.node.deliver(in, item{ev: event{kind: evLinkUp}, link: c}) {
			var work worklist
			c.fail(&work)
			work.drain()
		}
	}
}

// send hands something to the machine at the other end, behind everything that
// is still under way.
func (c *connection) send(from *instance, ev event, work *worklist) {
	if !c.broken.Load() {
		c.ends[1-from.role].receive(item{ev: ev, link: c}, time.Duration(c.link.delay.Load()), work)
	}
}

// fail breaks the connection without a word of either machine. Both are told.
func (c *connection) fail(work *worklist) {
	c.forget()
	if c.broken.Swap(true) {
		return
	}
	for _, in := range c.ends {
		in.push(item{ev: event{kind: evLinkDown}, link: c}, work)
	}
}

// forget takes the connection out of the list of its link.
func (c *connection) forget() {
	c.link.network.mu.Lock()
	delete(c.link.connections, c)
	c.link.network.mu.Unlock()
}

// receive takes what comes over a connection into the mailbox, after the delay
// of the link.
func (in *instance) receive(it item, delay time.Duration, work *worklist) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ended {
		return
	}
	if delay <= 0 && len(in.underway) == 0 {
		in.pushLocked(it, work)
		return
	}
	it.due = time.Now().Add(delay)
	if n := len(in.underway); n > 0 && it.due.Before(in.underway[n-1].due) {
		it.due = in.underway[n-1].due // the delay was longer before
	}
	in.underway = append(in.underway, it)
	if len(in.underway) == 1 {
		in.arriving = time.AfterFunc(delay, in.arrive)
	}
}

// arrive takes what has come to its end into the mailbox. What was under way in
// a link that was cut never arrives.
func (in *instance) arrive() {
	var work worklist
	in.mu.Lock()
	now := time.Now()
	n := 0
	for n < len(in.underway) && !in.underway[n].due.After(now) {
		if it := in.underway[n]; !it.link.broken.Load() {
			in.pushLocked(it, &work)
		}
		n++
	}
	in.underway = in.underway[n:]
	if len(in.underway) > 0 {
		in.arriving.Reset(in.underway[0].due.Sub(now))
	}
	in.mu.Unlock()
	work.drain()
}
