package fuzz

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/bot"
	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// Rules that this package judges by, beside those of packages model and bot.
const (
	// RuleExpectation: an honest operation in a calm channel works.
	RuleExpectation = "expectation"
	// RuleTimer: no timer of the node runs out before its time (fsm 4).
	RuleTimer = "timer-early"
	// RuleTimerLate: a timer of the node runs out when nothing happens (fsm 4).
	RuleTimerLate = "timer-late"
	// RuleDepth: a transaction is not deep enough before the key blocks are there
	// that it waits for (fsm 6.1, 6.3).
	RuleDepth = "depth-early"
	// RuleCoins: an account has what the transactions on the chain leave it
	// (transactions 7).
	RuleCoins = "coins"
	// RuleNodeGone: the node does not end.
	RuleNodeGone = "node-gone"
	// RuleNodeHung: the node answers.
	RuleNodeHung = "node-hung"
)

// breach is a rule that was broken while a case was played.
type breach struct {
	Rule          string
	Role          outcome.Role
	Cell          model.Cell // the last one of that side before
	Expected, Got string
	Step          int // of the scenario, from 1; 0 when it was between two
}

// key says which breaches are the same.
func (b *breach) key() string { return b.Rule + "|" + b.Cell.State + "|" + b.Cell.Input }

// played is what came of one play of a scenario.
type played struct {
	breach     *breach
	frames     []results.FrameRecord
	cells      []seenCell
	operations map[string]results.Operation
	heard      bool     // there was a connection
	full       *refusal // there was no room for a channel
	idle       string   // why no channel could be tried at all; "" when one was
	unreached  error    // no connection came about
	err        error    // the scenario cannot be played
	again      bool     // it will be played once more
	took       time.Duration
}

// seenCell is a cell and the name of the first frame that came after it.
type seenCell struct {
	cell     model.Cell
	reaction string
}

// stage plays scenarios at a place.
type stage struct {
	place    *Place
	timeout  time.Duration
	patience time.Duration
	deny     []string
	seed     uint64
	blocks   *blockLog // of the place; nil judges no depths
	leave    <-chan struct{}
	gate     *gate // that plays pass one at a time; nil lets all in
	pairs    int   // channels beside each other, all of the same scenario; 0 means 1
	// late says how late this process woke up at worst since a moment; nil when
	// nobody measures that.
	late func(since time.Time) time.Duration
	// alone says that nobody else uses the node, rooms that others may, but that a
	// node without room is judged all the same.
	alone, rooms bool
}

// play runs a scenario once. n tells plays at one place from each other.
func (s *stage) play(ctx context.Context, sc *strategy.Scenario, n int) (p played) {
	s.gate.pass(ctx)
	pairs := max(s.pairs, 1)
	var keys []tx.KeyPair
	for i := range pairs {
		two, err := s.place.Keys(n*mostPairs + i)
		if err != nil {
			return played{err: err}
		}
		if s.place.Free != nil {
			defer s.place.Free(two)
		}
		keys = append(keys, two[:]...)
	}
	var before *purses
	if pairs == 1 {
		before = s.accounts(ctx, keys)
	}
	listen := newTape()
	listen.seats.node = &s.place.machines
	cfg := s.place.Bot
	cfg.Scenario, cfg.Keys, cfg.Pairs, cfg.Iterations = sc, keys, pairs, 1
	cfg.Seed, cfg.Timeout, cfg.Patience, cfg.Grace = s.seed, s.timeout, s.patience, time.Second
	cfg.Deny, cfg.Leave = s.deny, s.leave
	cfg.CountsOnly = true // a case says nothing about how fast a node is
	cfg.Frames, cfg.Cells, cfg.Violated = listen, listen.cell, listen.violated
	cfg.API = listen.watch(cfg.API)
	started := time.Now()
	cfg.Started = started
	if s.blocks != nil {
		cfg.Embedded = s.blocks.share(cfg.Embedded)
	}
	rep, err := bot.Run(ctx, cfg)
	p.took = time.Since(started)
	p.frames, p.cells = listen.frames, listen.cells
	listen.seats.end()
	p.idle, p.heard = listen.seats.idle(), listen.seats.heard
	if rep == nil {
		p.unreached, p.idle = err, neverBegun(err)
		return p
	}
	if err != nil {
		p.err = err // a bug of ours: the counts do not add up
		return p
	}
	if why := noConnection(rep); p.idle == saysNothing && why != "" {
		p.idle = why
	}
	p.operations = rep.Summary.Operations
	if ctx.Err() != nil {
		return p
	}
	if p.breach = broken(rep, listen); s.tooOld(p.breach, listen, started) {
		p.breach = nil
		return p
	}
	s.judgeRoom(&p, listen)
	if p.breach == nil && pairs == 1 {
		var late time.Duration
		if s.late != nil {
			late = s.late(started)
		}
		if p.breach = listen.earlyTimer(sc, 10, late); p.breach == nil {
			p.breach = listen.lateTimer(sc, p.took)
		}
		if p.breach == nil {
			p.breach = s.chain(ctx, &cfg, listen, before)
		}
	}
	return p
}

// ofAnother begins what bot says of a scenario that is for another kind of node.
var ofAnother = regexp.MustCompile(`^case\.yaml:\d+:\d+: `)

// neverBegun says why a case did not begin: the first of its problems.
func neverBegun(err error) string {
	if at := ofAnother.FindString(err.Error()); at != "" {
		first, _, _ := strings.Cut(err.Error()[len(at):], "\n")
		return first
	}
	return "there is no connection to the node: " + err.Error()
}

// noConnection says why a connection did not come about, "" when all did.
func noConnection(rep *bot.Report) string {
	for i := range rep.Scenario.Steps {
		if o := &rep.Scenario.Steps[i].Outcome; o.Kind == outcome.Refused && o.Code == 0 && o.Detail != "" {
			return "there is no connection to the node: " + o.Detail
		}
	}
	return ""
}

// judgeRoom looks whether an honest opening, or every one, was refused because
// there is no room at the node, and whether there should be.
func (s *stage) judgeRoom(p *played, t *tape) {
	no := t.seats.refused
	switch {
	case no == nil:
		return
	case p.breach == nil && p.idle != "": // whatever its openings were like, none had room
		p.full = no
		return
	case p.breach == nil || p.breach.Rule != RuleExpectation:
		return
	}
	if c := p.breach.Cell; c.Input != outcome.Refused.String() || c.State != "honest open" && c.State != "honest repeat" {
		return
	}
	p.full = no
	switch {
	case s.alone && no.alone != nil:
		p.breach = no.alone
	case s.rooms && no.beside != nil:
		p.breach = no.beside
	}
}

// chain judges what became of a run of one channel on the chain.
func (s *stage) chain(ctx context.Context, cfg *bot.Config, t *tape, before *purses) *breach {
	if s.blocks != nil && s.place.Depth != nil && cfg.Embedded != nil && cfg.Embedded.OnDemand {
		if b := s.earlyDepth(ctx, t, cfg.Scenario, cfg.Started); b != nil {
			return b
		}
	}
	return s.coins(ctx, cfg.Keys, before, t)
}

// broken returns the first rule that a report says was broken.
func broken(rep *bot.Report, t *tape) *breach {
	if len(rep.Scenario.Violations) > 0 {
		v := rep.Scenario.Violations[0]
		return &breach{Rule: v.Rule, Role: v.Role, Cell: t.broke(v.Role), Expected: v.Expected, Got: v.Got, Step: failedStep(rep)}
	}
	for i := range rep.Scenario.Steps {
		st := &rep.Scenario.Steps[i]
		if st.Passed || st.Skipped || st.Outcome.Kind == outcome.Cancelled || st.Outcome.Detail == bot.NeverConnected {
			continue
		}
		b := &breach{Rule: RuleExpectation, Expected: st.Expected, Got: st.Outcome.String(), Step: st.Index}
		who, what, _ := strings.Cut(st.Label, ": ")
		if r, err := outcome.ParseRole(who); err == nil {
			b.Role = r
		} else {
			b.Role, what = outcome.Initiator, st.Label
		}
		word, _, _ := strings.Cut(what, " ")
		b.Cell = model.Cell{State: "honest " + word, Input: st.Outcome.Kind.String()}
		b.Expected = st.Label + " → " + orWord(st.Expected, "works")
		if len(st.Problems) > 0 {
			b.Got += " (" + st.Problems[0] + ")"
		}
		return b
	}
	return nil
}

func failedStep(rep *bot.Report) int {
	for _, st := range rep.Scenario.Steps {
		if !st.Passed && !st.Skipped {
			return st.Index
		}
	}
	return 0
}

func orWord(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// mostPairs is how many channels one play can have beside each other.
const mostPairs = 8

// keptFrames is how many frames of a play are kept: the first ones.
const keptFrames = 20_000

// tape keeps what passes while a case is played.
type tape struct {
	mu      sync.Mutex
	frames  []results.FrameRecord
	cells   []seenCell
	last    [2]model.Cell // by role
	broken  *model.Cell   // the last one of the side that saw a rule broken first, at that moment
	waiting [2][]int      // cells without a reaction
	posted  atomic.Bool   // something went to the chain past the channel
	seats   seats
}

func newTape() *tape { return &tape{} }

// cell notes a request.
func (t *tape) cell(_ int, r outcome.Role, c model.Cell) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last[r.Index()] = c
	t.waiting[r.Index()] = append(t.waiting[r.Index()], len(t.cells))
	t.cells = append(t.cells, seenCell{cell: c, reaction: "nothing"})
}

// violated notes where the first rule was broken: what a side does about it
// would be the last that it did. It is called by bot.
func (t *tape) violated(_ int, v model.Violation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken == nil {
		t.broken = new(t.last[v.Role.Index()])
	}
}

// broke returns where a rule was broken that a role saw.
func (t *tape) broke(r outcome.Role) model.Cell {
	if t.broken != nil {
		return *t.broken
	}
	return t.last[r.Index()]
}

// Record keeps a frame. It is called by bot.
func (t *tape) Record(f results.FrameRecord) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.Frame = append([]byte(nil), f.Frame...)
	t.seats.take(&f)
	if len(t.frames) < keptFrames && f.Dir != results.DirPing && f.Dir != results.DirPong {
		t.frames = append(t.frames, f)
	}
	r, err := outcome.ParseRole(f.Side)
	if err != nil || f.Dir != results.DirIn && f.Dir != results.DirClose {
		return
	}
	if len(t.waiting[r.Index()]) == 0 {
		return
	}
	reaction := "close"
	if f.Dir == results.DirIn {
		w := wire.DecodeFrame(f.Frame)
		reaction = w.Name()
	}
	for _, i := range t.waiting[r.Index()] {
		t.cells[i].reaction = reaction
	}
	t.waiting[r.Index()] = t.waiting[r.Index()][:0]
}

// accounts returns what two accounts have, nil when nobody knows.
func (s *stage) accounts(ctx context.Context, keys []tx.KeyPair) *purses {
	if s.place.Account == nil {
		return nil
	}
	var p purses
	for i, k := range keys {
		balance, nonce, err := s.place.Account(ctx, k.ID())
		if err != nil {
			return nil
		}
		p.ids[i], p.balance[i], p.nonce[i] = k.ID(), balance, nonce
	}
	return &p
}

// parse reads a case.
func parse(text []byte) (*strategy.Scenario, error) {
	sc, problems := strategy.Parse("case.yaml", text, strategy.Options{})
	if len(problems) > 0 {
		return nil, fmt.Errorf("a case that is no scenario: %w", problems.Err())
	}
	return sc, nil
}
