package bot

import (
	"slices"
	"sync"
	"time"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// firstID is the id of the first request of a pair, as in the recorded session.
const firstID = -576460752303422895

// keptFrames is how many of the last frames of a pair a violation shows.
const keptFrames = 16

// pair is the initiator and the responder of one channel after the other.
//
// It is driven by whoever has something for it: the goroutines that read its
// sockets, timers, and the one that runs its steps. Each of them takes the lock,
// tells the pair, and lets unlock write what came of it. So a frame leads to
// its answer without another goroutine having to wake up.
//
// Methods of pair, end, run and op are called with the lock held unless their
// comment says otherwise.
type pair struct {
	fleet   *fleet
	number  int
	parties []party        // one, unless the scenario has more
	readers sync.WaitGroup // of sockets, and of what answers start
	shard   *metrics.Shard

	mu sync.Mutex // guards everything below, in ends, sockets, runs and ops too

	ends      []*end
	dirty     []*socket // those with something in their queue
	nextID    int64
	iteration int
	runs      []*run // the steps under way
	ops       []*op  // the operations under way
	parked    []*asked
	turn      *turn                // of the goroutine that runs the steps, or of the load
	standing  *[2][]strategy.Layer // by role: the answers when no step is under way
	work      *workload            // what it has to do under load; nil in a run through steps
	stand     stand                // how it is counted in the gauge
	choosing  digests              // of its random choices
	section   uint64               // counts how often the lock was given back
	draws     [2]*strategy.Stream
	choices   map[strategy.Pos]*strategy.Stream // of each choose step

	rec results.OperationRecord // the one that is being handed over

	kept   *[keptFrames]results.FrameRecord // the last frames, as a ring; nil when there are no more than those at rest
	keptAt int                              // how many have passed
	rest   [restFrames]results.FrameRecord  // those before the ones in kept
	last   time.Duration                    // when the last frame passed, pings left out

	alarm   *time.Timer   // looks at the steps when the time of one is over
	alarmAt time.Duration // when it goes off; 0 while it is not armed
	vigil   vigil

	eager *end // whose next signature is to be made when everything was written
	blind bool // the node offers other transactions than foreseen

	bad     bool // a violation that no step expected
	leaving bool // the sockets are being closed at the end
}

// party is a pair of accounts, by role.
type party struct {
	keys    [2]tx.KeyPair
	address [2]string // of the keys
}

func newParty(keys []tx.KeyPair) party {
	x := party{keys: [2]tx.KeyPair{keys[0], keys[1]}}
	for i, k := range x.keys {
		x.address[i] = k.ID().String()
	}
	return x
}

func newPair(f *fleet, number int) *pair {
	p := &pair{fleet: f, number: number, nextID: firstID, shard: f.metrics.Shard(number), standing: &f.standing, section: 1}
	each := f.cfg.Scenario.AccountPairs()
	for n := range each {
		p.parties = append(p.parties, newParty(f.cfg.Keys[2*(number*each+n):]))
	}
	for i, r := range outcome.Roles {
		p.draws[i] = f.source.Stream(number, r, "answer")
	}
	return p
}

// lock takes the lock.
func (p *pair) lock() { p.mu.Lock() }

// unlock gives the lock back, writes what was queued meanwhile, and then makes the
// signature that comes next.
func (p *pair) unlock() {
	var room [4]*socket
	claimed := room[:0]
	for _, s := range p.dirty {
		if !s.writing && !s.broken && len(s.queue) > 0 {
			s.writing = true
			claimed = append(claimed, s)
		}
	}
	p.dirty = p.dirty[:0]
	p.section++
	eager := p.eager
	p.eager = nil
	p.mu.Unlock()
	for _, s := range claimed {
		p.flush(s)
	}
	if eager != nil {
		p.early(eager)
	}
}

// flush writes the queue of a socket until it is empty. It is called without
// the lock by the one goroutine that set writing.
func (p *pair) flush(s *socket) {
	for {
		p.mu.Lock()
		batch := s.queue
		if len(batch) == 0 || s.broken {
			s.writing = false
			p.mu.Unlock()
			return
		}
		s.queue, s.spare = s.spare[:0], nil
		p.mu.Unlock()

		var err error
		for _, o := range batch {
			if err = s.write(o); err != nil {
				break
			}
		}
		clear(batch)
		p.mu.Lock()
		s.spare = batch[:0]
		if err != nil {
			s.broken = true
		}
		p.mu.Unlock()
		if err != nil {
			s.conn.Close() // the reader then tells how it ended
		}
	}
}

// enqueue puts something into the queue of a socket.
func (p *pair) enqueue(s *socket, o outgoing) {
	s.queue = append(s.queue, o)
	s.lastOut = p.now()
	p.dirty = append(p.dirty, s)
}

// now is the time since the start of the run.
func (p *pair) now() time.Duration { return p.fleet.now() }

// id returns the next id of a request.
func (p *pair) id() wire.ID {
	id := wire.IntID(p.nextID)
	p.nextID++
	return id
}

// end returns the given socket of a role, which is made when it is new.
func (p *pair) end(r outcome.Role, socket int) *end {
	for _, e := range p.ends {
		if e.role == r && e.number == socket {
			return e
		}
	}
	e := newEnd(p, r, socket)
	p.ends = append(p.ends, e)
	return e
}

// first returns the first socket of a role.
func (p *pair) first(r outcome.Role) *end { return p.end(r, 1) }

// record hands a frame to the sink and keeps it for violations. text is what
// goes over the wire, or a text of chanbot.
func (p *pair) record(at time.Duration, side, dir string, text []byte, isJSON bool) {
	rec := results.FrameRecord{T: at, Pair: p.number, Side: side, Dir: dir, Frame: text}
	if !isJSON && text != nil {
		rec.Frame = results.FrameOf(text)
	}
	if dir != results.DirPing && dir != results.DirPong {
		if p.kept == nil {
			p.kept = rings.Get().(*[keptFrames]results.FrameRecord)
		}
		p.kept[p.keptAt%keptFrames] = rec
		p.keptAt++
		p.last = at
	}
	if p.fleet.cfg.Frames != nil {
		p.fleet.cfg.Frames.Record(rec)
	}
}

// lastFrames returns the kept frames in their order.
func (p *pair) lastFrames() []results.FrameRecord {
	var out []results.FrameRecord
	for _, r := range p.rest {
		if r.Dir != "" {
			out = append(out, r)
		}
	}
	if p.kept != nil {
		for i := range keptFrames {
			if r := &p.kept[(p.keptAt+i)%keptFrames]; r.Dir != "" {
				out = append(out, *r)
			}
		}
	}
	return out
}

// restFrames is how many of its last frames a pair keeps under load when it has
// nothing to do.
const restFrames = 2

// rings are for the last frames of pairs that have something to do.
var rings = sync.Pool{New: func() any { return new([keptFrames]results.FrameRecord) }}

// restNow forgets all frames but the last ones.
func (p *pair) restNow() {
	if p.kept == nil {
		return
	}
	for i := range restFrames {
		if r := p.kept[(p.keptAt+keptFrames-restFrames+i)%keptFrames]; r.Dir != "" {
			copy(p.rest[:], p.rest[1:])
			p.rest[restFrames-1] = r
		}
	}
	clear(p.kept[:])
	rings.Put(p.kept)
	p.kept = nil
}

// reset forgets the channel before the next iteration. All sockets are closed.
func (p *pair) reset(iteration int) {
	p.ends, p.dirty, p.runs, p.ops, p.parked = nil, nil, nil, nil, nil
	p.iteration = iteration
	p.nextID = firstID
	p.leaving = false
}

// drop removes x from list and keeps the order.
func drop[T comparable](list []T, x T) []T {
	for i, v := range list {
		if v == x {
			return slices.Delete(list, i, i+1)
		}
	}
	return list
}
