package metrics

import "time"

// liveWindow is how much of the end of a run the live view shows rates and
// quantiles of.
const liveWindow = 5 * time.Second

// view is a run as it is at one moment, ready to be drawn or written.
type view struct {
	scenario string
	now      time.Duration // since the start

	steps, stepsDone, stepsFailed int64 // all 0 without steps

	fleet bool // the fields of Progress hold
	Progress

	measured bool // the fields of recent hold
	recent

	load    part // all phases together; length 0 when it is not known
	phase   part
	maxLate time.Duration // that is always taken for exact; zero: results.LateFloor
	// work is what has to be finished in StageDrain, and channels what has to
	// be ended in StageTeardown.
	work, channels countdown
}

// part is how far something is that takes a certain time.
type part struct{ elapsed, length time.Duration }

// countdown is how far something is that goes down to zero.
type countdown struct{ done, of int64 }

// looker makes views. It remembers what the gauge does not tell. It is not for
// more than one goroutine.
type looker struct {
	o *LiveOptions

	loadStart time.Duration // -1 before the load
	work      int64         // waiting and busy operations when the drain began
	channels  int64         // open channels when the teardown began

	last     recent
	lastSpan time.Duration
}

func newLooker(o *LiveOptions) *looker { return &looker{o: o, loadStart: -1} }

// look returns the run at now. done and failed are steps.
func (l *looker) look(now time.Duration, done, failed int64) view {
	v := view{scenario: l.o.Scenario, now: now}
	if l.o.Steps > 0 {
		v.steps, v.stepsDone, v.stepsFailed = int64(l.o.Steps), done, failed
	}
	span := liveWindow
	if l.o.Gauge != nil {
		v.Progress = l.o.Gauge.Read()
		v.fleet = v.Pairs > 0
		l.parts(&v)
		if v.Stage == StageLoad && v.Phase.Number > 0 {
			// What was before this part of the phase says nothing about it.
			span = min(max(v.phase.elapsed, TickEvery), span)
		}
	}
	if l.o.Run != nil {
		v.measured, v.recent = true, l.recent(span)
		v.maxLate = time.Duration(l.o.Run.o.Manifest.MaxLatenessUS) * time.Microsecond
	}
	return v
}

// parts works out how far the stages are.
func (l *looker) parts(v *view) {
	left := v.Waiting + v.Busy
	if v.Stage < StageDrain {
		l.work = left
	}
	if v.Stage < StageTeardown {
		l.channels = v.Open
	}
	switch v.Stage {
	case StageLoad:
		if v.Phase.Number == 0 {
			return
		}
		if l.loadStart < 0 {
			l.loadStart = v.Phase.Start
		}
		v.phase = part{max(v.now-v.Phase.Start, 0), v.Phase.Length}
		v.load = part{max(v.now-l.loadStart, 0), l.o.Load}
	case StageDrain:
		l.work = max(l.work, left)
		v.work = countdown{l.work - left, l.work}
	case StageTeardown, StageOver:
		l.channels = max(l.channels, v.Open)
		v.channels = countdown{l.channels - v.Open, l.channels}
	}
}

// recent asks the run for its numbers, which change only with its ticks.
func (l *looker) recent(span time.Duration) recent {
	span = span.Truncate(TickEvery)
	if at := l.o.Run.lastTick(); at == 0 || at != l.last.at || span != l.lastSpan {
		l.last, l.lastSpan = l.o.Run.recent(span), span
	}
	return l.last
}

// lastTick returns when the run was ticked last, or 0.
func (r *Run) lastTick() time.Duration {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	if n := len(r.rec.window.intervals); n > 0 {
		return r.rec.window.intervals[n-1].end
	}
	return 0
}
