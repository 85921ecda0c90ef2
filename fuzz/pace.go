package fuzz

import (
	"context"
	"sync"
	"time"
)

// pace bounds how many cases are played beside each other by how late this
// process wakes up: cases that a busy machine plays break rules about time in
// the node's place, and more of them at once are not done any sooner.
type pace struct {
	wanted int

	mu      sync.Mutex
	changed *sync.Cond    // there is room, or nobody may wait any longer
	most    int           // of those that are wanted, for a node without room for them
	bounded time.Time     // when that was set
	retry   time.Duration // after which more are tried again; 0 for never
	limit   int
	playing int
	ended   bool
	held    bool               // nobody may begin
	part    strain             // the part that is being measured
	second  time.Duration      // its second worst
	past    [paceMemory]strain // a ring of the parts before
	parts   int                // that were ever measured
}

// strain is how late this process woke up in one part of the time, at worst.
type strain struct {
	until time.Time
	worst time.Duration
}

const (
	// paceNap is how long the watcher sleeps at a time, pacePart how long it
	// looks before it decides, paceMemory how many parts it remembers.
	paceNap    = 10 * time.Millisecond
	pacePart   = 250 * time.Millisecond
	paceMemory = 120
	// paceStart and paceLeast are how many cases begin with, and always may.
	paceStart = 32
	paceLeast = 4
	// After roomRetry with room for fewer cases than are wanted more are tried, and
	// after twice that when there is still none, up to roomRetryMost.
	roomRetry     = 15 * time.Second
	roomRetryMost = 4 * time.Minute
	// Above busy fewer cases are played beside each other, below calm more.
	busy = 20 * time.Millisecond
	calm = 8 * time.Millisecond
)

// newPace returns the pace of a search with at most so many cases at once.
func newPace(most int) *pace {
	p := &pace{wanted: most, most: most, limit: min(most, paceStart)}
	p.changed = sync.NewCond(&p.mu)
	return p
}

// watch measures and decides until ctx is cancelled.
func (p *pace) watch(ctx context.Context) {
	nap := time.NewTicker(paceNap)
	defer nap.Stop()
	began := time.Now()
	for last := began; ; {
		select {
		case <-ctx.Done():
			return
		case <-nap.C:
		}
		now := time.Now()
		p.woke(now, now.Sub(last)-paceNap)
		if last = now; now.Sub(began) >= pacePart {
			p.decide()
			began = now
		}
	}
}

// woke takes how late this process was once.
func (p *pace) woke(now time.Time, late time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.part.until = now
	if late > p.part.worst {
		p.part.worst, p.second = late, p.part.worst
	} else {
		p.second = max(p.second, late)
	}
}

// decide ends a part. Its second worst lateness decides, because one collection
// of garbage says little about how busy the machine is.
func (p *pace) decide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.second > busy:
		p.limit = max(p.limit*3/4, min(paceLeast, p.most))
	case p.second < calm && p.playing >= p.limit:
		p.limit = min(p.limit+max(p.limit/8, 1), p.most)
		p.changed.Broadcast()
	}
	if now := p.part.until; p.retry > 0 && now.Sub(p.bounded) >= p.retry {
		p.most, p.bounded = min(p.most+max(p.most/4, 1), p.wanted), now
	}
	p.past[p.parts%paceMemory] = p.part
	p.parts++
	p.part, p.second = strain{}, 0
}

// enter waits until another case may be played. It returns false when none may
// any more.
func (p *pace) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for (p.held || p.playing >= p.limit) && !p.ended {
		p.changed.Wait()
	}
	if p.ended {
		return false
	}
	p.playing++
	return true
}

// leave says that a case has ended.
func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.playing--
	p.changed.Broadcast() // one may wait for all the others
}

// hold lets no case begin and waits until the caller's is the only one that is
// being played, but not for ever. It returns false when the search is over.
func (p *pace) hold(most time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
	over := false
	timer := time.AfterFunc(most, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		over = true
		p.changed.Broadcast()
	})
	defer timer.Stop()
	for p.playing > 1 && !p.ended && !over {
		p.changed.Wait()
	}
	return !p.ended
}

// release ends a hold.
func (p *pace) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	p.changed.Broadcast()
}

// bound sets how many cases there may be beside each other at most, for some time.
// When that is no fewer than there may be now, it is a quarter less than now.
func (p *pace) bound(most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if most >= p.wanted {
		p.retry = 0
	} else {
		if most >= p.limit {
			most = max(p.limit*3/4, 1)
		}
		p.bounded, p.retry = time.Now(), min(max(2*p.retry, roomRetry), roomRetryMost)
	}
	p.most = most
	p.limit = min(p.limit, most)
	p.changed.Broadcast()
}

// allowed returns how many cases there may be beside each other at most.
func (p *pace) allowed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

// end lets nobody wait any longer.
func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.changed.Broadcast()
}

// late returns the worst lateness since a moment, as far as is remembered.
func (p *pace) late(since time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	worst := p.part.worst
	for i := range p.past {
		if l := &p.past[i]; l.until.After(since) {
			worst = max(worst, l.worst)
		}
	}
	return worst
}
