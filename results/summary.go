package results

import (
	"fmt"
	"math"
	"slices"
	"time"

	"chanbot/outcome"
)

// SummaryVersion is the version of the summary's shape.
const SummaryVersion = 1

// Verdict is what a run came to.
type Verdict string

// The verdicts.
const (
	Passed Verdict = "passed"
	// Failed: a violation, a failed expectation or a broken threshold.
	Failed Verdict = "failed"
	// Invalid: the generator could not keep its schedule, so the numbers mean
	// nothing.
	Invalid Verdict = "invalid"
	// Interrupted: the run was stopped before its end.
	Interrupted Verdict = "interrupted"
)

// Summary is what a run came to in numbers: the content of summary.json. It
// holds no NaN and no infinity, whatever was measured.
type Summary struct {
	Version  int    `json:"version"`
	Chanbot  string `json:"chanbot"`
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	// Decisions is the hash of all random choices: two runs of one plan with
	// the same seed that came to their ends have the same. "" is not known.
	Decisions string    `json:"decisions,omitempty"`
	Node      string    `json:"node"`
	NetworkID string    `json:"network_id"`
	Started   time.Time `json:"started"`
	DurationS float64   `json:"duration_s"`
	Verdict   Verdict   `json:"verdict"`
	Pairs     int       `json:"pairs"`
	// Attempts and Outcomes count what was judged; the outcomes add up to the
	// attempts. Warm-up is counted in Warmup alone.
	Attempts   int64                `json:"attempts"`
	Outcomes   Counts               `json:"outcomes"`
	Operations map[string]Operation `json:"operations"`
	Phases     []Phase              `json:"phases"`
	Warmup     Warmup               `json:"warmup"`
	Throughput Throughput           `json:"throughput"`
	Checks     []Check              `json:"checks"`
	Thresholds []Threshold          `json:"thresholds"`
	Violations []Violation          `json:"violations"`
	Generator  Generator            `json:"generator"`
}

// Counts is the number of operations by the name of their outcome.
type Counts map[string]int64

// Operation is what became of all operations of one name.
type Operation struct {
	Attempts int64   `json:"attempts"`
	Outcomes Counts  `json:"outcomes"`
	Response Latency `json:"response"`
	Service  Latency `json:"service"`
	Wait     Latency `json:"wait"`
	// Stages are the parts of an operation, by name, where they were measured.
	Stages map[string]Latency `json:"stages,omitempty"`
}

// Phase is the part of a run that one phase of the load made: its own
// operations together, and each by name.
type Phase struct {
	Name      string  `json:"name"`
	DurationS float64 `json:"duration_s"`
	Operation
	Operations map[string]Operation `json:"operations"`
	Throughput Throughput           `json:"throughput"`
}

// Latency is the distribution of one clock, in microseconds. All is zero when
// Count is.
type Latency struct {
	Count  int64   `json:"count"`
	MeanUS float64 `json:"mean_us"`
	P50US  float64 `json:"p50_us"`
	P90US  float64 `json:"p90_us"`
	P99US  float64 `json:"p99_us"`
	P999US float64 `json:"p999_us"`
	MaxUS  float64 `json:"max_us"`
}

// Warmup counts what was done before the judged part.
type Warmup struct {
	Attempts int64 `json:"attempts"`
}

// Throughput is work a second over the judged part.
type Throughput struct {
	SignedPerS float64 `json:"signed_per_s"`
}

// Check is one expectation of a scenario and what was seen instead.
type Check struct {
	// Step counts from 1, in the order of the file.
	Step int `json:"step"`
	// Side is the role that it was expected of, or "" for the step as a whole.
	Side     string `json:"side"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Passed   bool   `json:"passed"`
}

// Threshold is one limit of a scenario and the value that was measured.
type Threshold struct {
	Expr   string  `json:"expr"`
	Value  float64 `json:"value"`
	Passed bool    `json:"passed"`
	// Problem says why there is no value, as "not enough samples". A threshold
	// with a problem has not passed.
	Problem string `json:"problem,omitempty"`
}

// Violation is something that a correct node cannot do.
type Violation struct {
	Pair int `json:"pair"`
	// Role is the side that saw it.
	Role outcome.Role `json:"role"`
	// Rule is the name of the rule that was broken.
	Rule     string `json:"rule"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	// Frames are the last frames of the pair up to the broken one, in order.
	Frames []ViolationFrame `json:"frames"`
}

// CheckSums returns an error when the outcomes of the whole run, of a phase or
// of an operation do not add up to its attempts: then something was lost.
func (s *Summary) CheckSums() error {
	if err := addUp("the run", s.Attempts, s.Outcomes, s.Operations); err != nil {
		return err
	}
	for _, p := range s.Phases {
		if err := addUp("phase "+p.Name, p.Attempts, p.Outcomes, p.Operations); err != nil {
			return err
		}
	}
	return nil
}

func addUp(name string, attempts int64, outcomes Counts, operations map[string]Operation) error {
	if sum := outcomes.Sum(); sum != attempts {
		return fmt.Errorf("%s: %d attempts, but %d outcomes", name, attempts, sum)
	}
	var inner int64
	for _, op := range sortedKeys(operations) {
		o := operations[op]
		if sum := o.Outcomes.Sum(); sum != o.Attempts {
			return fmt.Errorf("%s, %s: %d attempts, but %d outcomes", name, op, o.Attempts, sum)
		}
		inner += o.Attempts
	}
	if inner != attempts {
		return fmt.Errorf("%s: %d attempts, but %d by operation", name, attempts, inner)
	}
	return nil
}

// Sum returns the number of operations of all outcomes.
func (c Counts) Sum() int64 {
	var n int64
	for _, v := range c {
		n += v
	}
	return n
}

// JSON returns the content of summary.json.
func (s *Summary) JSON() ([]byte, error) { return indented(s.complete()) }

// complete returns a copy that is fit for JSON: the version is set, empty lists
// and maps stand for missing ones, so that readers find every key with the same
// type, and there is no NaN.
func (s *Summary) complete() *Summary {
	c := *s
	c.Version = SummaryVersion
	c.DurationS = finite(c.DurationS)
	if c.Outcomes == nil {
		c.Outcomes = Counts{}
	}
	if c.Operations == nil {
		c.Operations = map[string]Operation{}
	}
	c.Phases = notNil(c.Phases)
	c.Checks = notNil(c.Checks)
	c.Thresholds = slices.Clone(notNil(c.Thresholds))
	for i := range c.Thresholds {
		c.Thresholds[i].Value = finite(c.Thresholds[i].Value)
	}
	c.Violations = slices.Clone(notNil(c.Violations))
	for i := range c.Violations {
		c.Violations[i].Frames = notNil(c.Violations[i].Frames)
	}
	c.Throughput.SignedPerS = finite(c.Throughput.SignedPerS)
	c.Generator = c.Generator.finite()
	return &c
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// finite keeps what JSON has no number for out of the summary.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
