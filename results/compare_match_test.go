package results

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRunsThatDiffer(t *testing.T) {
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	made := func(change func(*ComparedRun)) *ComparedRun {
		r := readRun(t, writeRun(t, 12, 20, 1))
		r.Path = "runs/base"
		r.Manifest.Options = map[string]string{"out": "runs", "set": "[amount=1]"}
		r.Manifest.Plan = &RunPlan{Setup: "20/s", Phases: []PlannedPhase{{Name: "steady", Arrivals: "400/s poisson", DurationS: 60, Mix: []string{"100% transfer"}}}}
		if change != nil {
			r.Path = "runs/new"
			r.Manifest.Started = started.Add(time.Hour)
			change(r)
		}
		return r
	}
	base := made(nil)
	for _, c := range []struct {
		name   string
		change func(*ComparedRun)
		want   string // "" is no remark; refusals begin with ✗
	}{
		{"nothing", func(*ComparedRun) {}, ""},
		{"the folder of results and how much is said", func(r *ComparedRun) {
			r.Manifest.Options = map[string]string{"out": "elsewhere", "quiet": "true", "set": "[amount=1]"}
		}, ""},
		{"the scenario", func(r *ComparedRun) {
			r.Manifest.Scenario = NewScenarioFile("mixed-load", "", "chanbot: 1\nname: other")
		}, `✗scenario: mixed-load differs from line 2 on: "" and "name: other"`},
		{"the load", func(r *ComparedRun) {
			r.Manifest.Plan = &RunPlan{Setup: "20/s", Phases: []PlannedPhase{{Name: "steady", Arrivals: "500/s poisson", DurationS: 60, Mix: []string{"100% transfer"}}}}
		}, "✗phase steady: arrivals 400/s poisson and 500/s poisson"},
		{"its length alone", func(r *ComparedRun) {
			r.Manifest.Plan = &RunPlan{Setup: "20/s", Phases: []PlannedPhase{{Name: "steady", Arrivals: "400/s poisson", DurationS: 120, Mix: []string{"100% transfer"}}}}
			r.Judged *= 2
		}, "length: from 12.0s to 24.0s were judged; a longer run has a longer maximum"},
		{"pairs", func(r *ComparedRun) { r.Manifest.Pairs = 3 }, "✗pairs: 2 and 3"},
		{"a variable", func(r *ComparedRun) { r.Manifest.Options["set"] = "[amount=2]" }, "✗--set: [amount=1] and [amount=2]"},
		{"the signed form", func(r *ComparedRun) { r.Manifest.Options["sign"] = "hash" }, "✗--sign: not given and hash"},
		{"what is recorded", func(r *ComparedRun) { r.Manifest.Options["record"] = "x" }, "--record: not given and x"},
		{"the network", func(r *ComparedRun) { r.Manifest.NetworkID = "ae_uat" }, "✗network: ae_dev and ae_uat"},
		{"an unknown network", func(r *ComparedRun) { r.Manifest.NetworkID = "" }, "network: ae_dev and unknown"},
		{"the machine", func(r *ComparedRun) { r.Manifest.Host.CPUs = 64 }, "✗machine: linux/amd64 with 2 CPUs, 2 used and linux/amd64 with 64 CPUs, 2 used"},
		{"the host", func(r *ComparedRun) { r.Manifest.Host.Name = "there" }, "host: here and there"},
		{"the node", func(r *ComparedRun) { r.Manifest.Node = "ws://127.0.0.1:3014" }, "node: embedded and ws://127.0.0.1:3014"},
		{"the node's version", func(r *ComparedRun) { r.Manifest.NodeVersion = "7.1.0" }, "node version: unknown and 7.1.0"},
		{"chanbot", func(r *ComparedRun) { r.Manifest.Chanbot = "1.3.0" }, "chanbot: 1.2.3 and 1.3.0"},
		{"the seed", func(r *ComparedRun) { r.Manifest.Seed = 8 }, "seed: 7 and 8, so the runs took other decisions"},
		{"the Go that it was built with", func(r *ComparedRun) { r.Manifest.Host.Go = "go1.27" }, "Go: go1.26 and go1.27"},
		{"an invalid run", func(r *ComparedRun) { r.Verdict = Invalid }, "✗new is invalid: its generator could not keep the schedule, so its times are not those of the node"},
		{"a run that was cut off", func(r *ComparedRun) { r.Verdict = Interrupted; r.Missing = []string{"the end is missing"} }, "new was interrupted"},
		{"a failed run", func(r *ComparedRun) { r.Verdict = Failed }, "new failed: a threshold or an expectation was missed"},
		{"violations", func(r *ComparedRun) { r.Verdict, r.Violations = Failed, 2 }, "new has 2 violations: the node did what a correct one cannot"},
		{"a run at the same time", func(r *ComparedRun) { r.Manifest.Started = started.Add(5 * time.Second) }, "base and new ran at the same time and took each other's CPU"},
		{"the same run", func(r *ComparedRun) { r.Manifest.Started = started }, "base and new are the same run"},
		{"an empty run", func(r *ComparedRun) { r.m = newMeasurements(time.Second) }, "✗new has nothing that was judged"},
	} {
		got := remarks([]*ComparedRun{base}, []*ComparedRun{made(c.change)}, nil)
		var texts []string
		for _, r := range got {
			text := r.Text
			if r.Refuses {
				text = "✗" + text
			}
			if r.About != "runs" {
				texts = append(texts, text)
			}
		}
		if c.want == "" && len(texts) > 0 || c.want != "" && !slices.Contains(texts, c.want) {
			t.Errorf("%s: %q, want %q", c.name, texts, c.want)
		}
	}
}

func TestManyRunsThatDifferAreNamedOnce(t *testing.T) {
	var runs []*ComparedRun
	for i := range 4 {
		r := readRun(t, writeRun(t, 12, 20, 1))
		r.Manifest.Seed = uint64(i/2 + 7)
		r.Manifest.Pairs = 2 + i
		runs = append(runs, r)
	}
	var texts []string
	for _, r := range remarks(runs[:2], runs[2:], nil) {
		if r.About == "seed" || r.About == "pairs" {
			texts = append(texts, r.Text)
		}
	}
	if want := []string{"pairs: 2, 3, 4 and 5", "seed: 7 and 8, so the runs took other decisions"}; !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
}

func TestOtherTextsMayBeTheSamePlan(t *testing.T) {
	a, b := readRun(t, writeRun(t, 12, 20, 1)), readRun(t, writeRun(t, 12, 20, 1))
	b.Manifest.Scenario = NewScenarioFile("mixed-load", "", "chanbot: 1 # the first")
	for _, same := range []bool{true, false} {
		c := Compare([]*ComparedRun{a}, [][]*ComparedRun{{b}}, CompareOptions{Resamples: 20, SamePlan: func(x, y *Manifest) bool {
			if x.Scenario.Text == y.Scenario.Text {
				t.Error("asked about equal texts")
			}
			return same
		}})
		if (len(c.Refusals()) == 0) != same || !slices.ContainsFunc(c.Comparisons[0].Remarks, func(r Remark) bool { return strings.Contains(r.Text, "line 1") }) {
			t.Errorf("the same plan %v: %+v", same, c.Comparisons[0].Remarks)
		}
	}
}

func TestFromFourRunsOnTheirDifferencesAreKnown(t *testing.T) {
	r := readRun(t, writeRun(t, 12, 20, 1))
	says := func(base, new int) bool {
		return slices.ContainsFunc(remarks(slices.Repeat([]*ComparedRun{r}, base), slices.Repeat([]*ComparedRun{r}, new), nil), func(r Remark) bool { return r.About == "runs" })
	}
	if !says(1, 1) || !says(2, 1) || says(3, 1) || says(2, 2) {
		t.Error("the remark about single runs is made at the wrong time")
	}
}
