package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"chanbot/bot"
)

// progressEvery is the time between two signs of progress.
const progressEvery = 500 * time.Millisecond

// progress shows on standard error how far a run is: a line that is redrawn on
// a terminal, or with --json a JSON line now and then.
type progress struct {
	w        io.Writer // nil shows nothing
	json     bool
	scenario string
	steps    int // of all pairs and iterations together
	now      func() time.Time

	mu     sync.Mutex // guards the rest
	start  time.Time
	shown  time.Time
	done   int
	failed int
	drawn  bool
}

func (p *player) progress(j job, cfg bot.Config) *progress {
	show := &progress{json: p.s.json, scenario: j.name, now: time.Now}
	show.start = show.now()
	show.shown = show.start
	if !p.s.quiet && !p.s.noProgr && (p.s.json || p.term.live) {
		show.w = p.c.Stderr
	}
	show.steps = len(j.scenario.Steps) * cfg.Pairs * cfg.Iterations
	return show
}

// step counts a step that has ended.
func (p *progress) step(e bot.StepEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !e.Step.Passed && !e.Step.Skipped {
		p.failed++
	}
	now := p.now()
	if p.w == nil || now.Sub(p.shown) < progressEvery {
		return
	}
	p.shown = now
	if p.json {
		p.line(now)
		return
	}
	p.drawn = true
	fmt.Fprintf(p.w, "\r\x1b[K%s: %d of %d steps, %d failed, %s", p.scenario, p.done, p.steps, p.failed, now.Sub(p.start).Round(time.Second))
}

// progressLine is a line of progress as NDJSON.
type progressLine struct {
	Progress string  `json:"progress"`
	TS       float64 `json:"t_s"`
	Done     int     `json:"steps_done"`
	Steps    int     `json:"steps"`
	Failed   int     `json:"steps_failed"`
}

func (p *progress) line(now time.Time) {
	b, err := json.Marshal(progressLine{p.scenario, now.Sub(p.start).Seconds(), p.done, p.steps, p.failed})
	if err == nil {
		fmt.Fprintf(p.w, "%s\n", b)
	}
}

// end takes the redrawn line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
