package main

import (
	"errors"
	"fmt"

	"chanbot/bot"
	"chanbot/metrics"
	"chanbot/results"
	"chanbot/strategy"
)

// runPlan is what a scenario with load is meant to do, in the words of a
// report; nil for one without.
func runPlan(src source, sc *strategy.Scenario, seed uint64) *results.RunPlan {
	if sc.Load == nil {
		return nil
	}
	d := planDoc{Seed: seed, Pairs: sc.Load.Pairs, Setup: planSetup{InFlight: min(runsAtOnce, sc.Load.Pairs)}}
	if d.planLoad(src, sc) != nil {
		return nil // the run says it
	}
	p := &results.RunPlan{Setup: fmt.Sprintf("at most %d at once", d.Setup.InFlight), Teardown: teardownWords[sc.Load.Teardown]}
	if d.Setup.Rate != "" {
		p.Setup = d.Setup.Rate + ", " + p.Setup
	}
	for i, ph := range d.Phases {
		row := results.PlannedPhase{Name: ph.Name, Arrivals: ph.Arrivals, WarmupS: ph.Warmup, DurationS: ph.Duration}
		if !ph.Closed {
			row.Count, row.WarmupCount = ph.Count, ph.InWarmup
		}
		row.Mix = mixWords(&sc.Load.Phases[i], sc.Steps)
		p.Phases = append(p.Phases, row)
	}
	return p
}

var teardownWords = map[strategy.Teardown]string{
	strategy.TeardownDefault: "closing by mutual consent",
	strategy.TeardownMutual:  "closing by mutual consent",
	strategy.TeardownStop:    "stop, which leaves the coins locked on a chain",
	strategy.TeardownLeave:   "leaving",
	strategy.TeardownNone:    "none",
}

// mixWords says what an arrival does.
func mixWords(ph *strategy.Phase, steps []strategy.Step) []string {
	if len(ph.Mix) == 0 {
		var all []string
		for i := range steps {
			all = append(all, bot.Label(&steps[i]))
		}
		return all
	}
	var sum float64
	for _, m := range ph.Mix {
		sum += float64(m.Weight)
	}
	var all []string
	for i := range ph.Mix {
		m := &ph.Mix[i]
		text := bot.Label(&m.Step)
		if len(ph.Mix) > 1 && sum > 0 {
			text = fmt.Sprintf("%.3g%% %s", 100*float64(m.Weight)/sum, text)
		}
		all = append(all, text)
	}
	return all
}

// endedEarly says why a run ended before its time, "" when it did not or was
// interrupted from outside.
func endedEarly(report *bot.Report, cause error) string {
	if _, aborted := errors.AsType[*metrics.BrokenError](cause); aborted || errors.Is(cause, errNodeGone) {
		return cause.Error()
	}
	if p := report.Scenario.Problem; p != "interrupted" {
		return p
	}
	return ""
}
