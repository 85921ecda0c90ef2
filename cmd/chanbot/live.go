package main

import (
	"io"
	"os"
	"sync/atomic"

	"chanbot/bot"
	"chanbot/metrics"
)

// console is standard error. While a live view is drawn there, what everybody
// else writes goes through the view, so that neither tears the other.
type console struct {
	io.Writer
	view atomic.Pointer[metrics.Live]
}

// Write writes to standard error.
func (c *console) Write(b []byte) (int, error) {
	if view := c.view.Load(); view != nil {
		return view.Write(b)
	}
	return c.Writer.Write(b)
}

// file returns the process's file behind a stream, nil if there is none.
func file(w io.Writer) *os.File {
	if c, ok := w.(*console); ok {
		w = c.Writer
	}
	f, _ := w.(*os.File)
	return f
}

// live shows on standard error how far a run is, until the function that it
// returns is called: bars on a terminal, else a line now and then, which is
// JSON with --json. It counts the steps by cfg.Progress. Run and gauge may be
// nil.
func (p *player) live(j job, cfg *bot.Config, run *metrics.Run, gauge *metrics.Gauge) (stop func()) {
	if p.s.quiet || p.s.noProgr {
		return func() {}
	}
	errs, ok := p.c.Stderr.(*console)
	if !ok {
		errs = &console{Writer: p.c.Stderr}
	}
	o := metrics.LiveOptions{
		Scenario: j.name, Started: cfg.Started, Run: run, Gauge: gauge,
		Color: p.term.color, Size: p.term.size,
	}
	switch {
	case p.s.json:
		o.Form = metrics.FormJSON
	case p.term.live:
		o.Form = metrics.FormBars
	}
	if l := j.scenario.Load; l != nil {
		for i := range l.Phases {
			o.Load += l.Phases[i].Warmup + l.Phases[i].Duration
		}
	} else {
		o.Steps = len(j.scenario.Steps) * cfg.Pairs * cfg.Iterations
	}
	view := metrics.NewLive(errs.Writer, o)
	cfg.Progress = func(e bot.StepEvent) { view.Step(e.Step.Passed || e.Step.Skipped) }
	view.Start()
	errs.view.Store(view)
	return func() {
		view.Stop()
		errs.view.Store(nil)
	}
}
