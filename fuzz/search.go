package fuzz

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"chanbot/results"
)

// search is one run of the fuzzer.
type search struct {
	cfg         Config
	started     time.Time
	pace        *pace
	gate        *gate
	plays       counter            // plays at the shared place
	stopPlaying context.CancelFunc // breaks off the cases that are being played

	mu        sync.Mutex // guards what follows
	next      int
	open      bool // new cases may begin
	ended     string
	closed    time.Duration // when that ended, since the start
	last      time.Duration // when the last case ended, since the start
	confirmed int           // findings that were seen again
	inFlight  map[int][]byte
	recent    []Case // the cases that ended last, the newest last
	cases     int
	actions   int64
	cells     mapped
	outcomes  map[string]results.Operation
	later     []Case          // to be played again when the machine is calm
	again     map[int]int     // how often that was, by case
	known     map[string]bool // keys of breaches that are being checked or were seen again
	perRule   map[string]int  // how many those are, by rule
	missed    map[string]int  // breaches that did not show again, by key and by rule
	same      map[string]bool // rule, state and request of what was seen again
	findings  []*Finding
	shelf     []shelved // findings that show too seldom to count
	checking  int
	others    map[otherKey]int64
	shown     map[string]bool // keys of breaches that were seen again
	digests   map[int][sha256.Size]byte
	place     *Place
	own       []*Place // that were started here, for closing
	firstMiss error
	reviving  bool
	reached   bool           // there has been a connection
	looking   bool           // for room at the node
	room      Room           // that it had
	noRoom    map[int]string // how cases were refused that are to be played again, by case
	idle      map[string]int // cases in which no channel could be tried, by why
	inARow    int            // channels that were refused last, one after the other
	refused   string         // how the last one was
}

// counter gives numbers to many goroutines.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

func newSearch(cfg Config) *search {
	return &search{
		cfg: cfg, started: time.Now(), next: cfg.First, open: true,
		inFlight: make(map[int][]byte), cells: make(mapped), outcomes: make(map[string]results.Operation),
		known: make(map[string]bool), perRule: make(map[string]int), missed: make(map[string]int), same: make(map[string]bool), digests: make(map[int][sha256.Size]byte),
		place: cfg.Place, pace: newPace(cfg.Pairs), gate: newGate(cfg.Every), again: make(map[int]int),
		idle: make(map[string]int), noRoom: make(map[int]string), others: make(map[otherKey]int64), shown: make(map[string]bool),
	}
}

// mostPerRule is how many findings of one rule are followed.
const mostPerRule = 3

// queueLength is how many suspects may wait to be played again; more are
// only counted.
const queueLength = 64

// doubtful is how many may wait of which some like it did not show again.
const doubtful = 4

// suspect is a case that broke a rule.
type suspect struct {
	c      Case
	b      *breach
	frames []results.FrameRecord
	at     time.Duration
	before int64 // actions
}

func (s *search) run(ctx context.Context) (*Report, error) {
	work, stop := context.WithCancel(ctx)
	defer stop()
	s.stopPlaying = stop
	if s.cfg.Duration > 0 {
		timer := time.AfterFunc(s.cfg.Duration, func() { s.close("") })
		defer timer.Stop()
		late := time.AfterFunc(s.cfg.Duration+overtime, stop)
		defer late.Stop()
	}
	suspects := make(chan suspect, queueLength)
	var checker, workers, teller, pacer sync.WaitGroup
	watched, unwatch := context.WithCancel(context.Background())
	defer unwatch()
	pacer.Go(func() { s.pace.watch(watched) })
	defer context.AfterFunc(work, s.pace.end)()
	checkers := 1
	if s.cfg.Fresh != nil {
		checkers = 2
	}
	for range checkers {
		checker.Go(func() {
			for x := range suspects {
				s.examine(ctx, x)
				s.examined()
			}
		})
	}
	told := make(chan struct{})
	teller.Go(func() { s.tell(told) })
	for range s.cfg.Pairs {
		workers.Go(func() { s.worker(work, suspects) })
	}
	workers.Wait()
	s.lastLook(ctx, suspects)
	close(suspects)
	checker.Wait()
	s.clearShelf()
	unwatch()
	pacer.Wait()
	close(told)
	teller.Wait()
	s.mu.Lock()
	own := s.own
	s.mu.Unlock()
	for _, p := range own {
		p.close()
	}
	return s.report(ctx)
}

// overtime is how long cases that have begun may go on when the time is over.
const overtime = 5 * time.Second

// close lets no new case begin. The first reason counts.
func (s *search) close(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeLocked(why)
}

func (s *search) closeLocked(why string) {
	if s.open {
		s.open, s.ended, s.closed = false, why, time.Since(s.started)
	}
}

// take returns the next case, and false when there is none.
func (s *search) take() (Case, *Place, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.later) > 0 && s.ended == "" {
		c := s.later[0]
		s.later = s.later[1:]
		s.inFlight[c.Number] = c.Text
		return c, s.place, true
	}
	if s.cfg.Cases > 0 && s.next-s.cfg.First >= s.cfg.Cases || s.cfg.Actions > 0 && s.actions >= s.cfg.Actions {
		s.closeLocked("")
	}
	if !s.open {
		return Case{}, nil, false
	}
	n := s.next
	s.next++
	c := makeCase(s.cfg.Seed, n)
	s.inFlight[n] = c.Text
	s.digests[n] = sha256.Sum256(c.Text)
	// What is drawn counts at once, so that the bound holds whatever the pace.
	s.actions += int64(c.Actions)
	return c, s.place, true
}

func (s *search) worker(ctx context.Context, suspects chan<- suspect) {
	for ctx.Err() == nil && s.pace.enter() {
		more := s.one(ctx, suspects)
		s.pace.leave()
		if !more {
			return
		}
	}
}

// one plays the next case. It returns false when there is none.
func (s *search) one(ctx context.Context, suspects chan<- suspect) bool {
	c, place, ok := s.take()
	if !ok {
		return false
	}
	sc, err := parse(c.Text)
	if err != nil {
		s.close(err.Error()) // a bug of ours
		return false
	}
	st := s.stage(place)
	st.late = s.pace.late
	began := time.Now()
	p := st.play(ctx, sc, s.plays.next())
	s.hear(&p)
	if ctx.Err() != nil {
		s.mu.Lock()
		s.actions -= int64(c.Actions) // broken off
		s.mu.Unlock()
		return false
	}
	if p.unreached != nil || gone(place) || p.breach != nil && mayBeGone(place, p.breach) {
		if lost := s.lost(ctx, place, p.unreached); lost != nil {
			p.breach = lost
		}
	}
	if p.full != nil && s.crowded(ctx, c, &p, place, suspects) {
		return true
	}
	if p.breach != nil && s.mayBeOurs(p.breach, began) && s.postpone(c) {
		p.breach, p.again = nil, true
	}
	s.done(c, &p, suspects)
	return true
}

// stage returns how a case is played at a place that is shared with others.
func (s *search) stage(place *Place) stage {
	return stage{
		place: place, timeout: s.cfg.Patience + time.Second, patience: s.cfg.Patience, deny: s.cfg.Deny, blocks: &place.blocks, seed: s.cfg.Seed,
		leave: s.cfg.Leave, gate: s.gate,
	}
}

// strained is how late this process may wake up while a case is played that is
// judged by how long things take. After more than halted nothing is judged: what
// waits for the node gives up before it has read what came meanwhile.
const (
	strained = 50 * time.Millisecond
	halted   = 250 * time.Millisecond
)

// mayBeOurs says that a rule was broken while this process was too late for it.
func (s *search) mayBeOurs(b *breach, began time.Time) bool {
	late := s.pace.late(began)
	return late > halted || late > strained && (timed(b.Rule) || b.Rule == RuleExpectation)
}

// mostAgain is how often a case is played again that the machine was too busy
// for.
const mostAgain = 2

// postpone lets a case be played again, because the machine was too busy for
// it. It returns false when that has been tried often enough.
func (s *search) postpone(c Case) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.again[c.Number] >= mostAgain {
		return false
	}
	s.again[c.Number]++
	s.later = append(s.later, c)
	return true
}

// done counts a case and hands on what broke a rule.
func (s *search) done(c Case, p *played, suspects chan<- suspect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.countLocked(c, p)
	if p.breach != nil {
		s.suspectLocked(c, p.breach, p.frames, suspects)
	}
}

// countLocked counts a case that is over.
func (s *search) countLocked(c Case, p *played) {
	s.last = time.Since(s.started)
	if p.breach == nil || !lostNode(p.breach.Rule) {
		delete(s.inFlight, c.Number)
		if s.recent = append(s.recent, c); len(s.recent) > 2*s.cfg.Pairs {
			s.recent = s.recent[1:]
		}
	}
	if p.unreached != nil && (s.firstMiss == nil || ofAnother.MatchString(s.firstMiss.Error())) {
		s.firstMiss = p.unreached
	}
	// A node that breaks another rule meanwhile has been tried.
	if p.idle != "" && (p.breach == nil || p.breach.Rule == RuleExpectation) {
		s.idle[p.idle]++
		if p.unreached == nil || !ofAnother.MatchString(p.unreached.Error()) {
			s.refusedLocked(p.idle)
		}
	} else if !p.again {
		s.cases++
		s.inARow = 0
	}
	if p.err != nil {
		s.closeLocked(fmt.Sprintf("case %d: %v", c.Number, p.err))
	}
	s.cells.add(p.cells)
	for name, op := range p.operations {
		sum, ok := s.outcomes[name]
		if !ok {
			sum.Outcomes = make(results.Counts)
		}
		sum.Attempts += op.Attempts
		for k, n := range op.Outcomes {
			sum.Outcomes[k] += n
		}
		s.outcomes[name] = sum
	}
}

// refusedLocked counts a channel that could not be tried.
func (s *search) refusedLocked(how string) {
	s.inARow++
	s.refused = how
}

// suspectLocked hands on what broke a rule.
func (s *search) suspectLocked(c Case, b *breach, frames []results.FrameRecord, suspects chan<- suspect) {
	if !s.wantedLocked(b) {
		s.repeatLocked(b.Rule, b.key())
		return
	}
	s.known[b.key()] = true
	s.perRule[b.Rule]++
	s.checking++
	suspects <- suspect{c: c, b: b, frames: frames, at: time.Since(s.started), before: s.actions} // there is room: checking counts it
}

// examined says that a suspect has been looked at.
func (s *search) examined() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checking--
}

// wantedLocked says that what broke a rule is worth playing again.
func (s *search) wantedLocked(b *breach) bool {
	room := queueLength
	if s.missed[b.Rule] >= mostPerRule {
		room = doubtful
	}
	return !s.known[b.key()] && s.perRule[b.Rule] < mostPerRule && s.missed[b.key()] < mostPerRule && s.checking < room &&
		(s.open || s.ended == "" || lostNode(b.Rule))
}

// forget lets others that broke the same rule be played again, because this one
// did not show any more. It returns false when there were many of them.
func (s *search) forget(b *breach) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, b.key())
	s.perRule[b.Rule]--
	s.missed[b.key()]++
	s.missed[b.Rule]++
	return s.missed[b.Rule] <= mostPerRule
}
