package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"chanbot/load"
	"chanbot/metrics"
	"chanbot/results"
	"chanbot/strategy"
)

// loadOptions are the flags of run about load and what is judged of it.
type loadOptions struct {
	rate             string
	duration, rampUp time.Duration
	thresholds       []string
	abort            bool
	maxLateness      time.Duration
	checkSignatures  int
}

// sampledChecks is of how many transactions one has its signatures verified
// under load, unless somebody says otherwise: verifying takes longer than all
// other work on a transfer.
const sampledChecks = 100

func (o *loadOptions) register(f *pflag.FlagSet) {
	f.DurationVar(&o.duration, "duration", 0, "let the one phase of a load last this `TIME`, without its warm-up")
	f.StringVar(&o.rate, "rate", "", "let operations arrive at this `RATE` (400/s) in the one phase of a load; poisson stays poisson, anything else becomes uniform")
	f.DurationVar(&o.rampUp, "ramp-up", 0, "put a phase before the one of a load, in which the rate rises from nothing for this `TIME`")
	f.StringArrayVar(&o.thresholds, "threshold", nil, "judge a condition besides those of the scenario, `EXPR` as in \"p99(transfer.response) < 50ms\" (repeatable)")
	f.DurationVar(&o.maxLateness, "max-lateness", results.LateFloor, "call a measurement valid when its operations began up to this `TIME` late (p99) for chanbot's own reasons")
	f.IntVar(&o.checkSignatures, "check-signatures", sampledChecks, "verify the signatures of every `N`th off-chain transaction of a load, 1 for each; all else is always checked")
	f.BoolVar(&o.abort, "abort-on-threshold", false, "end a load as soon as a threshold is broken")
}

// shapes are the flags that change the phases of a load, loadFlags all that are
// for a load alone.
var (
	shapes    = []string{"rate", "duration", "ramp-up"}
	loadFlags = append(slices.Clone(shapes), "abort-on-threshold", "max-lateness", "check-signatures")
)

// readLoad reads the values of the flags about load.
func (s *settings) readLoad() error {
	var wrong complaints
	given := s.given.Changed
	if given("rate") {
		var err error
		if s.rate, err = strategy.ParseRate(s.loadOptions.rate); err != nil {
			wrong = append(wrong, misuse("", "--rate %s: %v", s.loadOptions.rate, err))
		}
	}
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"duration", s.duration}, {"ramp-up", s.rampUp}, {"max-lateness", s.maxLateness}} {
		if given(f.name) && f.value <= 0 {
			wrong = append(wrong, misuse("", "--%s %v: expected a time above zero, such as 30s", f.name, f.value))
		}
	}
	if given("check-signatures") && s.checkSignatures < 1 {
		wrong = append(wrong, misuse("", "--check-signatures %d: expected a number from 1", s.checkSignatures))
	}
	for _, text := range s.loadOptions.thresholds {
		t, err := strategy.ParseThreshold(text)
		t.Pos = strategy.Pos{File: "--threshold"}
		if err != nil {
			wrong = append(wrong, badThreshold(text, err))
			continue
		}
		s.thresholds = append(s.thresholds, t)
	}
	return wrong.err()
}

// badThreshold points at what is wrong in a condition.
func badThreshold(text string, err error) complaint {
	p := strategy.Problem{Pos: strategy.Pos{File: "--threshold", Line: 1, Col: 1}, Message: err.Error(), Line: text}
	if bad, ok := errors.AsType[*strategy.ThresholdError](err); ok {
		p.Pos.Col, p.Width, p.Message = bad.Col, bad.Width, bad.Err.Error()
	}
	return misuse("docs/scenarios.md lists what can be measured", "%s", p)
}

// adaptLoad puts what the command line says about load over what the scenario
// says.
func (s *settings) adaptLoad(src source, sc *strategy.Scenario) error {
	for _, t := range s.thresholds {
		if !slices.ContainsFunc(sc.Thresholds, func(o strategy.Threshold) bool { return o.Text == t.Text }) {
			sc.Thresholds = append(slices.Clip(sc.Thresholds), t)
		}
	}
	if sc.Load == nil {
		return s.refuseLoadFlags(src)
	}
	if s.given.Changed("iterations") {
		return misuse("--duration says how long the load lasts", "%s: --iterations is for steps, and this scenario has load:", src.file)
	}
	if early := slices.ContainsFunc(measuredThresholds(sc.Thresholds), func(t metrics.Threshold) bool { return !onlyAtTheEnd(t) }); s.abort && !early {
		return misuse("give one with --threshold, such as 'p99(transfer.response) < 50ms'", "%s: --abort-on-threshold needs a threshold that can break before the end", src.file)
	}
	l := sc.Load
	l.Pairs = s.pairsOf(sc)
	if l.Teardown == strategy.TeardownDefault {
		l.Teardown = strategy.TeardownMutual
	}
	if s.embedded && sc.Node != nil && (sc.Node.Blocks == strategy.BlocksManual || sc.Node.Blocks == strategy.BlocksExpected) {
		return misuse("write blocks: on-demand, or a time between them", "%s: under load nobody asks for the blocks that channels wait for", sc.Node.Pos)
	}
	return s.shape(src, l)
}

// refuseLoadFlags says which flags a scenario without load has no use for.
func (s *settings) refuseLoadFlags(src source) error {
	for _, name := range loadFlags {
		if s.given.Changed(name) {
			return misuse("write load: into it with the steps as its mix (docs/scenarios.md, Load), or use --pairs and --iterations",
				"%s: --%s is for a scenario with load:, and this one has steps only", src.file, name)
		}
	}
	return nil
}

// shape changes the phase of a load.
func (s *settings) shape(src source, l *strategy.Load) error {
	var given []string
	for _, name := range shapes {
		if s.given.Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) == 0 {
		return nil
	}
	if n := len(l.Phases); n != 1 {
		verb := "is"
		if len(given) > 1 {
			verb = "are"
		}
		return misuse("change the phases in the file; chanbot scenarios show NAME prints a built-in one",
			"%s: %s %s for a load with one phase, and this one has %d", src.file, strings.Join(given, " and "), verb, n)
	}
	ph := &l.Phases[0]
	if !s.rate.Zero() {
		process := strategy.Uniform
		if ph.Arrivals.Process == strategy.Poisson {
			process = strategy.Poisson
		}
		ph.Arrivals.Arrivals = load.Arrivals{Process: process, Rate: s.rate}
	}
	if s.duration > 0 {
		ph.Duration = s.duration
	}
	if s.rampUp == 0 {
		return nil
	}
	if p := ph.Arrivals.Process; p != strategy.Uniform && p != strategy.Poisson {
		return misuse("say --rate as well, or leave --ramp-up out", "%s: --ramp-up leads up to a steady rate, and the arrivals are %v", src.file, ph.Arrivals)
	}
	up := *ph
	up.Name, up.Warmup, up.Duration = "ramp-up", 0, s.rampUp
	if ph.Name == up.Name {
		up.Name += "-before"
	}
	up.Arrivals.Arrivals = load.Arrivals{Process: strategy.Ramp, To: ph.Arrivals.Rate}
	l.Phases = []strategy.Phase{up, *ph}
	return nil
}

// patienceOf returns how long a node may take to react in a scenario.
func (s *settings) patienceOf(sc *strategy.Scenario) time.Duration {
	if sc.Patience > 0 && !s.given.Changed("patience") {
		return sc.Patience
	}
	return s.patience
}

// pairsOf returns how many pairs of bots a scenario is run with.
func (s *settings) pairsOf(sc *strategy.Scenario) int {
	if sc.Load != nil && !s.given.Changed("pairs") {
		return sc.Load.Pairs
	}
	return s.pairs
}
