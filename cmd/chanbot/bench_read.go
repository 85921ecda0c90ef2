package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/load"
	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// What is done without a SCENARIO, and on how many channels.
const (
	benchScenario = "throughput"
	benchPairs    = 50
)

// benchGrowth is the factor between two rungs of the ladder.
const benchGrowth = 2

// maxSteps is the most that a search may be asked for.
const maxSteps = 1000

// read checks the flags that are bench's own. All mistakes are reported at once.
func (b *benching) read(o *benchOptions) error {
	var wrong complaints
	add := func(bad bool, hint, format string, args ...any) {
		if bad {
			wrong = append(wrong, misuse(hint, format, args...))
		}
	}
	rate := func(flag, text string) float64 {
		if text == "" {
			return 0
		}
		r, err := strategy.ParseRate(text)
		add(err != nil, "", "--%s %s: %v", flag, text, err)
		return r.PerSec()
	}
	plan := results.BenchSearch{
		FromPerS: rate("from", o.from), ToPerS: rate("to", o.to), Growth: benchGrowth, Confirm: o.confirm, MaxSteps: o.maxSteps,
		WarmupS: o.warmup.Seconds(), StepS: o.step.Seconds(), ConfirmS: o.confirmed.Seconds(),
	}
	add(plan.ToPerS > 0 && plan.ToPerS < plan.FromPerS, "", "--to %s is below --from %s", o.to, o.from)
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"step-duration", o.step}, {"confirm-duration", o.confirmed}} {
		add(f.value <= 0, "", "--%s %v: expected a time above zero, such as 10s", f.name, f.value)
	}
	add(o.warmup < 0, "", "--warmup %v: expected a time such as 2s, or 0s", o.warmup)
	add(o.confirm < 0 || o.confirm > 100, "", "--confirm %d: expected 0 to 100", o.confirm)
	add(o.maxSteps < 1 || o.maxSteps > maxSteps, "", "--max-steps %d: expected 1 to %d", o.maxSteps, maxSteps)
	number, percent := strings.CutSuffix(strings.TrimSpace(o.resolution), "%")
	part, err := strconv.ParseFloat(number+"e-2", 64)
	add(err != nil || !percent || !(part >= .001 && part <= 1), "", "--resolution %s: expected a percentage from 0.1%% to 100%%, such as 5%%", o.resolution)
	plan.Resolution = part
	for _, text := range o.objective {
		t, err := strategy.ParseThreshold(text)
		t.Pos = strategy.Pos{File: "--objective"}
		if err != nil {
			wrong = append(wrong, badCondition("--objective", text, err))
			continue
		}
		b.limits = append(b.limits, t)
	}
	b.o, b.doc = o, &results.Bench{Search: plan}
	return wrong.err()
}

// badCondition points at what is wrong in a condition of a flag.
func badCondition(flag, text string, err error) complaint {
	p := strategy.Problem{Pos: strategy.Pos{File: flag, Line: 1, Col: 1}, Message: err.Error(), Line: text}
	if bad, ok := errors.AsType[*strategy.ThresholdError](err); ok {
		p.Pos.Col, p.Width, p.Message = bad.Col, bad.Width, bad.Err.Error()
	}
	return misuse("docs/scenarios.md lists what can be measured", "%s", p)
}

// load reads what is to be done at every rate.
func (b *benching) load(args []string) error {
	s, name := b.p.s, benchScenario
	if len(args) > 0 {
		name = args[0]
	}
	src, err := b.p.c.find(name)
	if err != nil {
		return err
	}
	sc, problems := src.parse(s.set)
	if len(problems) > 0 {
		fmt.Fprintln(b.p.c.Stderr, problems.Error())
		return misuse("docs/scenarios.md explains the language, and chanbot schema helps editors", "%s: %s", src.file, count(len(problems), "problem"))
	}
	if sc.Load == nil {
		return misuse("chanbot scenarios show throughput prints one with load:", "%s: bench needs a scenario with load:, and this one has steps only", src.file)
	}
	if n := len(sc.Load.Phases); n != 1 {
		return misuse("leave the others out", "%s: bench needs a load with one phase, and this one has %d", src.file, n)
	}
	ph := &sc.Load.Phases[0]
	if p := ph.Arrivals.Process; p != strategy.Uniform && p != strategy.Poisson {
		return misuse("write arrivals: {rate: 100/s, process: poisson}; the rate is bench's to choose",
			"%s: bench needs arrivals at a steady rate, and these are %v", src.file, ph.Arrivals)
	}
	if len(args) == 0 {
		sc.Load.Pairs = benchPairs
	}
	if err := s.adapt(src, sc); err != nil {
		return err
	}
	b.job = job{source: src, name: sc.Name, scenario: sc}
	b.describe(ph, stepsOfPhase(sc))
	return b.enough()
}

// stepsOfPhase are the steps of the phase of a load, one for each entry of its
// mix, or those of the scenario.
func stepsOfPhase(sc *strategy.Scenario) (steps []*strategy.Step) {
	for i := range sc.Load.Phases[0].Mix {
		steps = append(steps, &sc.Load.Phases[0].Mix[i].Step)
	}
	if len(steps) == 0 {
		for i := range sc.Steps {
			steps = append(steps, &sc.Steps[i])
		}
	}
	return steps
}

// describe works out what the rates count, whose times are shown, and what has
// to hold.
func (b *benching) describe(ph *strategy.Phase, steps []*strategy.Step) {
	d := b.doc
	d.Unit, d.Arrivals = results.UnitTransfers, ph.Arrivals.Process.String()
	b.perArrival = newPerArrival(ph, steps)
	for _, s := range steps {
		if s.Action.Kind != outcome.Transfer || b.perArrival.most != 1 {
			d.Unit = results.UnitArrivals
		}
	}
	if len(b.limits) == 0 {
		op := outcome.Transfer
		if !slices.ContainsFunc(steps, func(s *strategy.Step) bool { return s.Action.Kind == op }) {
			op = steps[0].Action.Kind
		}
		t, err := strategy.ParseThreshold(fmt.Sprintf("p99(%s.response) < 100ms", op))
		if err == nil { // or nothing of it is measured under its name
			b.limits = append(b.limits, t)
		}
	}
	d.AllExpected = true
	for _, t := range b.limits {
		d.Objective = append(d.Objective, t.Text)
		if d.Operation == "" {
			d.Operation = string(t.Operation)
		}
		switch t.Func {
		case "share", "count", "rate":
			d.AllExpected = d.AllExpected && t.Kind == outcome.Violation
		}
	}
	if d.Operation == "" {
		d.Operation = string(steps[0].Action.Kind)
	}
}

// perArrival is how many operations an arrival makes: at most, and on average.
// Both are 0 when nobody knows.
type perArrival struct {
	most int64
	mean float64
}

func newPerArrival(ph *strategy.Phase, steps []*strategy.Step) (p perArrival) {
	var sum, weights float64
	for i, s := range steps {
		if len(s.Action.Steps)+len(s.Action.Choices)+len(s.Action.Branches) > 0 {
			return perArrival{}
		}
		n := int64(1)
		if s.Who.Party == strategy.Both {
			n = 2
		}
		if len(ph.Mix) == 0 {
			p.most += n
			continue
		}
		p.most = max(p.most, n)
		sum += float64(n) * float64(ph.Mix[i].Weight)
		weights += float64(ph.Mix[i].Weight)
	}
	if p.mean = float64(p.most); weights > 0 {
		p.mean = sum / weights
	}
	return p
}

// enough refuses a search that begins at a rate that cannot be judged: a
// quantile needs so many operations.
func (b *benching) enough() error {
	plan := &b.doc.Search
	var most metrics.Result
	for _, r := range metrics.NewRun(metrics.Options{Shards: 1}).Judge(0, measuredThresholds(b.limits)) {
		if r.Needed > most.Needed {
			most = r
		}
	}
	plan.LeastPerS = math.Ceil(1000*float64(most.Needed)/plan.StepS) / 1000
	if plan.FromPerS >= plan.LeastPerS {
		return nil
	}
	return misuse(fmt.Sprintf("--step-duration %v is long enough, or --from %s/s high enough", time.Duration(math.Ceil(float64(most.Needed)/plan.FromPerS))*time.Second, strconv.FormatFloat(math.Ceil(plan.LeastPerS), 'f', -1, 64)),
		"--from %s: %s needs %s, and there are %.0f in %v", b.o.from, most.Text, count(int(most.Needed), "operation"), math.Floor(plan.FromPerS*plan.StepS), b.o.step)
}

// at returns the scenario with a rate.
func (b *benching) at(rate float64, duration time.Duration) *strategy.Scenario {
	sc, l := *b.job.scenario, *b.job.scenario.Load
	l.Phases = slices.Clone(l.Phases)
	ph := &l.Phases[0]
	ph.Arrivals.Arrivals = load.Arrivals{Process: ph.Arrivals.Process, Rate: rateOf(rate)}
	ph.Warmup, ph.Duration = b.o.warmup, duration
	if ph.Name == "" {
		ph.Name = "steady"
	}
	sc.Load, sc.Thresholds = &l, b.limits
	return &sc
}

// rateOf returns a rate a second as an exact one.
func rateOf(perS float64) load.Rate {
	if perS == math.Trunc(perS) {
		return load.PerSecond(uint64(perS))
	}
	const parts = 1_000_000
	return load.Rate{Count: uint64(math.Round(perS * parts)), Per: parts * time.Second}
}
