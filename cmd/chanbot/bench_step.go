package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"chanbot/bot"
	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
)

// benchLong is how long a step takes that is worth lines of its own in a log,
// beside the one that says what came of it.
const benchLong = 30 * time.Second

// step measures one rate on channels of its own. The step is nil when nothing
// could be run; an error beside one says that something of it could not be
// written.
func (b *benching) step(ctx context.Context, t trial) (*results.BenchStep, error) {
	p, number := b.p, len(b.doc.Steps)+1
	duration := b.o.step
	if t.stage == results.BenchConfirm {
		duration = b.o.confirmed
	}
	step := &results.BenchStep{
		Number: number, Stage: t.stage, Again: t.again, RatePerS: t.rate, Seed: p.s.seed + uint64(number-1),
		Outcomes: results.Counts{},
	}
	cfg := b.cfg
	cfg.Scenario, cfg.Seed, cfg.Started = b.at(t.rate, duration), step.Seed, time.Now()
	j := job{source: b.job.source, scenario: cfg.Scenario, name: fmt.Sprintf("step %d, %s: %s", number, t.stage, results.RateText(t.rate))}
	sched, err := cfg.Scenario.Load.Plan(cfg.Seed).Schedule()
	if err != nil {
		return nil, cannotRun("", "%v", err)
	}
	for _, st := range sched.Stretches() {
		if !st.Warmup {
			step.Due = st.Count
		}
	}
	out, err := b.output(step, &cfg)
	if err != nil {
		return nil, err
	}
	step.StartedS = cfg.Started.Sub(b.doc.Started).Seconds()

	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	m, err := p.measure(j, &cfg, out, cut)
	if err != nil {
		out.discard()
		return nil, err
	}
	if out.channels != nil {
		cfg.Channels = out.channels
	}
	if err := b.served.show(cfg.Metrics, cfg.Gauge); err != nil {
		m.discard()
		out.discard()
		return nil, err
	}
	w := &watch{
		m: m, objective: measuredThresholds(b.limits), most: step.Due * b.perArrival.most, settle: duration / 2, cut: cut,
	}
	stopLive, stopWatch := func() {}, w.start()
	if p.term.live || p.s.json || b.o.warmup+duration >= benchLong {
		stopLive = p.live(j, &cfg, cfg.Metrics, cfg.Gauge)
	}
	report, err := bot.Run(ctx, cfg)
	stopWatch()
	stopLive()
	if report == nil {
		m.discard()
		out.discard()
		return nil, p.notRun(j, err)
	}
	cause := context.Cause(ctx)
	report.Scenario.Name, report.Scenario.Node = b.job.name, p.s.nodes()
	m.end(report, cause)
	if sums := report.Summary.CheckSums(); sums != nil || err != nil {
		err = complaint{code: exitBug, text: "a bug in chanbot: " + errors.Join(err, sums).Error(), hint: "please report it with " + out.folder.Path()}
	}
	err = together(err, out.write(report, m))
	p.leftOpen(out)
	step.TookS = time.Since(cfg.Started).Seconds()
	step.Cut = w.last > 0
	b.fill(step, &report.Summary)
	b.judge(step, &report.Summary, cause, m.run.Judge(time.Since(cfg.Started), w.objective), w.lost)
	b.measured(step, out.folder, duration, w.last)
	return step, err
}

// output makes the run folder of a step.
func (b *benching) output(step *results.BenchStep, cfg *bot.Config) (*output, error) {
	s := b.p.s
	name := fmt.Sprintf("%02d-%s-%s", step.Number, step.Stage, strconv.FormatFloat(step.RatePerS, 'f', -1, 64))
	folder, err := b.folder.CreateStep(name)
	if err != nil {
		return nil, unwritable("--out", s.out, err)
	}
	step.Folder = filepath.ToSlash(filepath.Join(results.StepsDir, filepath.Base(folder.Path())))
	out := &output{folder: folder, name: b.job.name, manifest: b.manifest(cfg.Started, step.Seed)}
	m := &out.manifest
	m.Plan = runPlan(b.job.source, cfg.Scenario, step.Seed)
	m.AccountsSeed = &s.seed
	// What measures this rate once more.
	rate := strconv.FormatFloat(step.RatePerS, 'f', -1, 64) + "/s"
	m.Options["from"], m.Options["to"], m.Options["confirm"] = rate, rate, "0"
	m.Options["seed"] = strconv.FormatUint(step.Seed, 10)
	m.Options["step-duration"] = cfg.Scenario.Load.Phases[0].Duration.String()
	if err := folder.WriteManifest(*m); err != nil {
		out.discard()
		return nil, unwritable("--out", s.out, err)
	}
	if !s.embedded {
		if out.channels, _, err = folder.OpenChannels(); err != nil {
			out.discard()
			return nil, unwritable("--out", s.out, err)
		}
	}
	return out, nil
}

// fill takes over what a step came to in numbers.
func (b *benching) fill(step *results.BenchStep, s *results.Summary) {
	step.Generator, step.Violations = s.Generator, len(s.Violations)
	if len(s.Phases) == 0 {
		return
	}
	ph := &s.Phases[0]
	step.Attempts, step.Outcomes = ph.Attempts, ph.Outcomes
	o := ph.Operations[b.doc.Operation]
	if b.doc.Operation == results.AllOperations {
		o = ph.Operation
	}
	step.Response, step.Service, step.Wait = o.Response, o.Service, o.Wait
}

// judge says what a step came to, and why.
func (b *benching) judge(step *results.BenchStep, s *results.Summary, cause error, limits []metrics.Result, lost int64) {
	say := func(format string, args ...any) { step.Reasons = append(step.Reasons, fmt.Sprintf(format, args...)) }
	_, cut := errors.AsType[*metrics.BrokenError](cause)
	switch {
	case errors.Is(cause, errNodeGone):
		step.Verdict = results.StepInterrupted
		say("%v", errNodeGone)
		return
	case cause != nil && !cut:
		step.Verdict = results.StepInterrupted
		return
	}
	if len(s.Violations) > 0 { // the rest follows from them
		step.Verdict = results.StepBroke
		rules := map[string]int{}
		for _, v := range s.Violations {
			rules[v.Rule]++
		}
		for _, rule := range slices.Sorted(maps.Keys(rules)) {
			say("violation: %s, %s", rule, count(rules[rule], "time"))
		}
		return
	}
	step.Verdict = results.StepHeld
	unusable := func(format string, args ...any) {
		say(format, args...)
		if step.Verdict == results.StepHeld {
			step.Verdict = results.StepUnusable
		}
	}
	if n := int64(s.Pairs) - s.Operations[string(outcome.Open)].Outcomes[outcome.Signed.String()]; n > 0 {
		unusable("%d of %d channels did not open", n, s.Pairs)
		return
	}
	problems := s.Generator.Problems()
	for _, p := range problems {
		say("%s", p.Text)
		if step.Verdict == results.StepHeld {
			step.Verdict = results.StepInvalid
		}
	}
	for i, t := range s.Thresholds {
		if i < len(limits) && limits[i].State == metrics.Broken {
			t = limits[i].Summary() // of all of it, where a part of it was enough to end it
		}
		switch {
		case t.Passed:
		case t.Problem != "":
			unusable("%s: %s", t.Expr, t.Problem)
		default:
			say("%s: it was %s", t.Expr, t.Measured())
			if step.Verdict == results.StepHeld {
				step.Verdict = results.StepBroke
			}
		}
	}
	for _, c := range s.Checks {
		if !c.Passed {
			say("%s: %s", c.Expected, c.Got)
			if step.Verdict == results.StepHeld {
				step.Verdict = results.StepBroke
			}
		}
	}
	if lost > 0 {
		unusable("%d of %d channels were lost", lost, s.Pairs)
	}
}

// measured works out what was done a second: everything that ended well in the
// time that was judged, whenever it was due. What a queue held before is part of
// it, so that a node that is too slow shows how much it can do.
func (b *benching) measured(step *results.BenchStep, folder *results.Folder, duration, last time.Duration) {
	if step.Verdict == results.StepInterrupted {
		return
	}
	name := b.at(step.RatePerS, duration).Load.Phases[0].Name
	file, err := os.Open(folder.File(results.JournalFile))
	if err != nil {
		return // then nothing is known
	}
	defer file.Close()
	from := time.Duration(-1)
	var done []time.Duration
	_, err = results.ReadJournal(file, results.Visitor{
		Mark: func(m results.PhaseMark) {
			if m.What == results.MarkMeasure {
				from = time.Duration(m.TUS) * time.Microsecond
			}
		},
		Operation: func(r *results.OperationRecord) {
			worked := r.Outcome.Kind == outcome.Signed || b.doc.Unit != results.UnitTransfers && r.Outcome.Kind != outcome.Cancelled
			if r.Phase == name && worked {
				done = append(done, r.Done)
			}
		},
	})
	if err != nil || from < 0 {
		return
	}
	to := from + duration
	if last > from {
		to = min(to, last)
	}
	n := 0
	for _, at := range done {
		if at >= from && at < to {
			n++
		}
	}
	step.MeasuredS = (to - from).Seconds()
	each := b.perArrival.mean
	if each == 0 {
		each = max(float64(step.Attempts), 1) / max(float64(step.Due), 1)
	}
	step.AchievedPerS = float64(n) / each / step.MeasuredS
}
