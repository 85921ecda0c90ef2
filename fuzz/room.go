package fuzz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"sync"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/wire"
)

// RuleRoom: the place of a state machine is free again as soon as it ends
// (ws-api 1).
const RuleRoom = "place-kept"

// census counts the state machines at one node, as far as our clients can tell.
type census struct {
	mu sync.Mutex
	// alive are those that have started and not said that they died, by id: an
	// upper bound of those that run.
	alive map[string]bool
	// running are those of them whose sockets are still there: a lower bound, but
	// for ends that have not been read yet.
	running int
	peak    int // most that were running at once
	started int // in all
}

// up counts a machine, which may be one that was left alone before.
func (c *census) up(id string) {
	if c.alive == nil {
		c.alive = make(map[string]bool)
	}
	if !c.alive[id] {
		c.started++
	}
	c.alive[id] = true
	c.running++
	c.peak = max(c.peak, c.running)
}

// kept says that a node that refuses another machine does not free the places of
// those that have ended: it had more than twice as many at once before. What it
// had is seen with a delay, therefore not simply more.
func (c *census) kept() bool { return c.peak >= 2 && 2*len(c.alive) <= c.peak }

// count returns how many machines may be alive, how many were at once at most,
// and how many were started in all.
func (c *census) count() (alive, peak, started int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.alive), c.peak, c.started
}

// seat is a socket and the machine behind it.
type seat struct {
	address string
	joins   bool   // a machine that may have been there before
	id      string // of the machine; "" while there is none
	held    bool   // the machine is counted as running
	ended   bool   // the machine has died
}

// seats are the sockets of one play, by pair and side. Its tape guards them.
type seats struct {
	own  census
	node *census // of the node that is played at; nil counts for this play alone
	all  map[string]*seat
	// accepted are the addresses of sockets that got a machine, opened how many
	// sockets were to get a new one, by role.
	accepted map[string]bool
	opened   [2]int
	up       [2]bool // a machine has started, by role
	why      string  // the first reason for which none did
	heard    bool    // there was a connection
	refused  *refusal
}

// refusal is how a node refused a state machine that it has no room for.
type refusal struct {
	role  outcome.Role
	got   string
	tried int // sockets of that role up to this one
	// alone and beside are what the counts of this play and of the node came to
	// then; nil when the place of an ended machine could not be the reason.
	alone, beside *breach
}

// take follows a record.
func (s *seats) take(f *results.FrameRecord) {
	r, err := outcome.ParseRole(f.Side)
	if err != nil {
		return
	}
	key := strconv.Itoa(f.Pair) + f.Side
	at := s.all[key]
	if f.Dir == results.DirConnect {
		s.leave(at)
		if s.all == nil {
			s.all, s.accepted = make(map[string]*seat), make(map[string]bool)
		}
		at = &seat{address: string(f.Frame)}
		var address string
		if json.Unmarshal(f.Frame, &address) != nil {
			address = at.address
		}
		u, err := url.Parse(address)
		if at.joins = err != nil || u.Query().Has("existing_channel_id"); !at.joins {
			s.opened[r.Index()]++
		}
		s.all[key] = at
		return
	}
	if at == nil {
		return
	}
	s.heard = s.heard || f.Dir != results.DirOut
	switch f.Dir {
	case results.DirHTTP:
		s.because("the node refuses a connection: HTTP " + string(f.Frame))
	case results.DirClose:
		if at.id == "" {
			var c results.CloseFrame
			_ = json.Unmarshal(f.Frame, &c) // 0 is as good
			s.because(fmt.Sprintf("the node closes a new connection with %d", c.Code))
		}
		s.leave(at)
	case results.DirIn:
		if at.ended || at.id != "" && !bytes.Contains(f.Frame, []byte(wire.EventDied)) {
			return
		}
		w := wire.DecodeFrame(f.Frame)
		switch {
		case w.Info != nil && w.Info.Event == wire.EventFSMUp && at.id == "":
			s.start(at, w.Info.FSMID, r)
		case w.Info != nil && w.Info.Event == wire.EventDied && at.id != "":
			at.ended = true
			s.each(func(c *census) { delete(c.alive, at.id) })
			s.leave(at)
		case w.Error != nil && at.id == "":
			s.refuse(at, w.Error, r)
		}
	}
}

// each changes the counts of the play and of the node.
func (s *seats) each(change func(*census)) {
	for _, c := range []*census{&s.own, s.node} {
		if c != nil {
			c.mu.Lock()
			change(c)
			c.mu.Unlock()
		}
	}
}

// start notes that a machine has started, or has been found again.
func (s *seats) start(at *seat, id string, r outcome.Role) {
	if id == "" { // older nodes
		id = fmt.Sprintf("%p", at)
	}
	at.id, at.held = id, true
	s.accepted[at.address], s.up[r.Index()] = true, true
	s.each(func(c *census) { c.up(id) })
}

// leave notes that nobody listens to a machine any more. It may live on.
func (s *seats) leave(at *seat) {
	if at != nil && at.held {
		at.held = false
		s.each(func(c *census) { c.running-- })
	}
}

// because keeps the first reason for which a machine did not start.
func (s *seats) because(why string) {
	if s.why == "" {
		s.why = why
	}
}

// refuse notes that a machine was refused. That there is no room is an internal
// error without any detail (ws-api 2.4), and so are some parameters: those that
// were good before are not the reason.
func (s *seats) refuse(at *seat, e *wire.Error, r outcome.Role) {
	got := fmt.Sprintf("error %d (%s)", e.SubCode(), e.Message)
	s.because("the node refuses a state machine with " + got)
	if at.joins || e.Code != wire.CodeInternalError || len(e.Data) > 0 || s.refused != nil {
		return
	}
	s.refused = &refusal{role: r, got: got, tried: s.opened[r.Index()]}
	if s.accepted[at.address] {
		s.refused.alone = s.own.breach(r, got)
	}
	if s.node != nil {
		s.refused.beside = s.node.breach(r, got)
	}
}

// breach returns what a refusal broke, nil when the machines that may be alive
// can be the reason for it.
func (c *census) breach(r outcome.Role, got string) *breach {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.kept() {
		return nil
	}
	return &breach{
		Rule: RuleRoom, Role: r, Cell: model.Cell{State: "node", Input: "open"}, Got: got,
		Expected: fmt.Sprintf("a new state machine: at most %d of %d that were started can be alive, and there were %d at once before", len(c.alive), c.started, c.peak),
	}
}

// end forgets the sockets of a play that is over.
func (s *seats) end() {
	for _, at := range s.all {
		s.leave(at)
	}
}

// idle says why nothing was played: one of the two got no state machine. It
// returns "" when both have.
func (s *seats) idle() string {
	switch {
	case s.up[0] && s.up[1]:
		return ""
	case s.why != "":
		return s.why
	case s.opened[0]+s.opened[1] == 0:
		return "no connection was to be made"
	}
	return saysNothing
}

// saysNothing is why nothing was played if there is no other reason.
const saysNothing = "the node takes a connection and says nothing"
