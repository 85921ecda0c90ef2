package metrics

import (
	"bytes"
	"context"
	"io"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// Form is how a live view looks.
type Form uint8

// The forms.
const (
	// FormLines is a plain line now and then, for logs.
	FormLines Form = iota
	// FormJSON is a JSON object on a line of its own once a second;
	// docs/progress.md describes it.
	FormJSON
	// FormBars is drawn over and over at the bottom of a terminal.
	FormBars
)

// LiveOptions say what a live view shows. All that is missing is not shown.
type LiveOptions struct {
	// Scenario is the name of what runs.
	Scenario string
	// Started is when the run began; zero is when the view is started.
	Started time.Time
	// Run is measured, and Gauge tells how far it is.
	Run   *Run
	Gauge *Gauge
	// Steps of all pairs and iterations together; Live.Step counts them.
	Steps int
	// Load is how long all phases with their warm-ups take together; 0 when
	// nobody knows.
	Load time.Duration

	Form Form
	// Color switches ANSI colours on, for FormBars.
	Color bool
	// Size returns the columns and rows of the terminal; nil is 80 by 24.
	Size func() (columns, rows int)
}

// How often the forms look at the run, and how long a plain line is enough when
// nothing new begins.
const (
	barsEvery  = 250 * time.Millisecond
	linesEvery = time.Second
	sameLine   = 5 * time.Second
	// tickPatience is how long a line waits for the numbers that belong to it.
	tickPatience = linesEvery / 4
)

// Live shows a run while it goes on. It reads what the workers leave behind and
// never makes them wait. Its methods may be called from any goroutine.
type Live struct {
	w io.Writer
	o LiveOptions

	done, failed atomic.Int64 // steps

	look  *looker // of the goroutine that draws
	said  said    // likewise
	ticks int     // of the run when a line was written last; likewise
	stop  chan struct{}
	wg    sync.WaitGroup

	mu     sync.Mutex // guards what follows, and writing
	bars   *bars      // nil while nothing is drawn
	part   []byte     // of a line that others began to write
	closed bool
}

// NewLive returns a view that writes to w once it is started.
func NewLive(w io.Writer, o LiveOptions) *Live {
	return &Live{w: w, o: o, stop: make(chan struct{})}
}

// Start begins to show the run; a run that is over within half a second leaves
// nothing behind. Stop has to be called.
func (l *Live) Start() {
	if l.o.Started.IsZero() {
		l.o.Started = time.Now()
	}
	l.look = newLooker(&l.o)
	l.wg.Go(func() {
		// What the library of the bars starts inherits the label.
		pprof.Do(context.Background(), pprof.Labels("part", "live"), func(context.Context) { l.run() })
	})
}

// Stop ends the view and waits for that. Bars disappear, and a last line of
// JSON is written when there was one before.
func (l *Live) Stop() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	l.wg.Wait()

	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bars != nil {
		l.bars.clear()
		l.bars = nil
	}
	if len(l.part) > 0 {
		_, _ = l.w.Write(l.part) // of others, who were told that it is written
		l.part = nil
	}
}

// Step counts a step that has ended.
func (l *Live) Step(passed bool) {
	l.done.Add(1)
	if !passed {
		l.failed.Add(1)
	}
}

// Write writes lines of others to where the view is, so that neither tears the
// other. On a terminal they appear above the bars.
func (l *Live) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bars == nil {
		return l.w.Write(b)
	}
	n := len(b)
	if len(l.part) > 0 {
		b = append(l.part, b...)
		l.part = nil
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	if end > 0 {
		l.bars.above(b[:end])
	}
	if end < len(b) {
		l.part = append([]byte(nil), b[end:]...)
	}
	return n, nil
}

// run shows the run until it is stopped.
func (l *Live) run() {
	every := linesEvery
	if l.o.Form == FormBars {
		every = barsEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			if l.o.Form == FormJSON && l.said.lines > 0 {
				l.show()
			}
			return
		case <-tick.C:
			if l.o.Form != FormBars {
				l.awaitTick()
			}
			l.show()
		}
	}
}

// awaitTick waits until the run was ticked since the last line, so that no line
// repeats the numbers of the one before: both come once a second, and which comes
// first is chance. A run that is not ticked is not waited for long.
func (l *Live) awaitTick() {
	if l.o.Run == nil {
		return
	}
	n, next := l.o.Run.tickCount()
	if n == l.ticks {
		late := time.NewTimer(tickPatience)
		defer late.Stop()
		select {
		case <-next:
			n++
		case <-late.C:
		case <-l.stop:
		}
	}
	l.ticks = n
}

// show draws the run as it is now, or writes a line about it when one is due.
func (l *Live) show() {
	v := l.look.look(time.Since(l.o.Started), l.done.Load(), l.failed.Load())
	switch l.o.Form {
	case FormBars:
		if v.now >= 2*barsEvery {
			l.draw(&v)
		}
	case FormJSON:
		l.write(v.json())
		l.said.lines++
	default:
		if l.said.due(&v) {
			l.write([]byte(v.line() + "\n"))
		}
	}
}

// draw draws the bars, if they can be drawn.
func (l *Live) draw(v *view) {
	columns, rows := 80, 24
	if l.o.Size != nil {
		if c, r := l.o.Size(); c > 0 && r > 0 {
			columns, rows = c, r
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bars == nil {
		l.bars = newBars(l.w, l.o.Color)
	}
	l.bars.show(v.rows(), columns, rows)
}

func (l *Live) write(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.w.Write(b) // nobody can be told
}
