package fault

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// lane is one direction of a connection: it cuts what comes into messages and
// says what becomes of each. It is a plain value with one caller.
type lane struct {
	conn      *conn
	direction Direction
	counts    []*atomic.Uint64 // by rule; nil entries do not concern the lane
	scan      scanner
	scratch   []byte    // for payloads
	free      time.Time // when what was throttled last is through
}

func newLane(c *conn, d Direction) *lane {
	return &lane{conn: c, direction: d, counts: c.proxy.line(c.pair, c.role, d), scan: newScanner()}
}

// fate is what becomes of a message.
type fate struct {
	due     time.Time // when it goes on; zero is at once
	stalled bool      // nothing more is taken before due
	never   bool      // due never comes
	reorder bool      // behind the next message, or at due
	drop    bool
	copies  int    // further ones
	instead []byte // other bytes; nil leaves the message as it is
	cut     bool
	ending  Ending
}

// straight tells whether a message passes at once, as it is or not.
func (f *fate) straight() bool {
	return f.due.IsZero() && !f.stalled && !f.never && !f.reorder && !f.cut
}

// decide says what becomes of a message, and reports it.
func (l *lane) decide(m *message) fate {
	var f fate
	if m.kind == kindPlain {
		return f
	}
	p, c := l.conn.proxy, l.conn
	name, named := "", false
	called := func() string {
		if !named {
			name, l.scratch = m.name(l.direction, l.scratch)
			named = true
		}
		return name
	}
	for i, count := range l.counts {
		r := &p.cfg.Rules[i]
		if count == nil || len(r.Frames) > 0 && !r.names(called()) {
			continue
		}
		n := count.Add(1)
		if !r.counts(n) || f.drop || f.cut {
			continue
		}
		now := p.cfg.Now()
		if !r.in(now) {
			continue
		}
		random := chance(p.cfg.Seed, i, c.pair, c.role, l.direction, n)
		if r.Share > 0 && random.Float64() >= r.Share {
			continue
		}
		detail := l.apply(r, m, &f, random.Int64N)
		if p.cfg.Report != nil {
			p.cfg.Report(Event{T: now, Pair: c.pair, Role: c.role, Direction: l.direction, Do: r.Do, Rule: i, Frame: strings.Clone(called()), N: n, Detail: detail})
		}
	}
	return f
}

// reorderWait is how long a message waits for another one to overtake it.
const reorderWait = 100 * time.Millisecond

// apply adds what a rule does to the fate of a message, and says it in words.
func (l *lane) apply(r *Rule, m *message, f *fate, random func(int64) int64) (detail string) {
	now := time.Now()
	later := func(d time.Duration) {
		if at := now.Add(d); at.After(f.due) {
			f.due = at
		}
	}
	switch r.Do {
	case Delay:
		d := r.For
		if r.Most > r.For {
			d += time.Duration(random(int64(r.Most-r.For) + 1))
		}
		later(d)
		return d.String()
	case Stall:
		f.stalled = true
		if r.For == 0 {
			f.never = true
			return "for ever"
		}
		later(r.For)
		return r.For.String()
	case Drop:
		f.drop = true
	case Double:
		f.copies++
	case Reorder:
		f.reorder = true
		wait := r.For
		if wait == 0 {
			wait = reorderWait
		}
		later(wait)
	case Corrupt:
		f.instead, detail = m.damage(r.Damage, random)
	case Cut:
		f.cut, f.ending = true, r.Ending
		return r.Ending.String()
	case Throttle:
		if l.free.Before(now) {
			l.free = now
		}
		took := time.Duration(float64(len(m.raw)) / float64(r.Rate) * float64(time.Second))
		l.free = l.free.Add(took)
		later(l.free.Sub(now))
		return fmt.Sprintf("%d bytes in %v", len(m.raw), took)
	}
	return detail
}

// damage returns the bytes of a damaged message, and says what was done. Its
// frames stay frames, but a truncated message and garbage are one frame.
func (m *message) damage(how Damage, random func(int64) int64) ([]byte, string) {
	size := m.size()
	if size == 0 {
		return nil, "there is nothing to damage"
	}
	var mask *[4]byte
	if m.parts[0].masked {
		mask = &m.parts[0].mask
	}
	switch how {
	case DamageTruncate:
		payload := m.payload(nil)
		return AppendFrame(nil, final|m.opcode, payload[:size/2], mask), fmt.Sprintf("%d of %d bytes left", size/2, size)
	case DamageGarbage:
		payload := make([]byte, size)
		for i := range payload {
			payload[i] = 'a' + byte(random(26))
		}
		return AppendFrame(nil, final|m.opcode, payload, mask), fmt.Sprintf("%d bytes", size)
	}
	at := int(random(int64(size)))
	by := byte(1 + random(15)) // another character that is ASCII if the old one was
	raw := append([]byte(nil), m.raw...)
	left := at
	for _, p := range m.parts {
		if n := p.to - p.from; left >= n {
			left -= n
			continue
		}
		old := raw[p.from+left]
		raw[p.from+left] = old ^ by // a mask does not matter to what changes
		if p.masked {
			old ^= p.mask[left&3]
		}
		return raw, fmt.Sprintf("byte %d: %q becomes %q", at, old, old^by)
	}
	return raw, ""
}
