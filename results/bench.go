package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// BenchVersion is the version of the shape of bench.json.
const BenchVersion = 1

// The files of the folder of a search, beside those of every run.
const (
	BenchFile = "bench.json"
	// StepsDir holds a run folder for each step.
	StepsDir = "steps"
)

// Bench is a search for the highest rate that a node sustains: the content of
// bench.json. Rates are a second; times are in the units of their names.
type Bench struct {
	Version int    `json:"version"`
	Chanbot string `json:"chanbot"`
	// Scenario is the name of what was done at every rate, and Arrivals how its
	// operations became due: uniform or poisson.
	Scenario string `json:"scenario"`
	Arrivals string `json:"arrivals"`
	// Unit is what the rates count: transfers, or arrivals when an arrival is
	// something else.
	Unit string `json:"unit"`
	// Operation is the one whose times are shown.
	Operation string   `json:"operation"`
	Objective []string `json:"objective"`
	// AllExpected says that every operation has to end as the scenario expects,
	// besides the objective.
	AllExpected bool         `json:"all_expected"`
	Node        string       `json:"node"`
	NodeVersion string       `json:"node_version,omitempty"`
	NetworkID   string       `json:"network_id"`
	Seed        uint64       `json:"seed"`
	Pairs       int          `json:"pairs"`
	Host        Host         `json:"host"`
	Started     time.Time    `json:"started"`
	TookS       float64      `json:"took_s"`
	Search      BenchSearch  `json:"search"`
	Verdict     BenchVerdict `json:"verdict"`
	// Limit is why no higher rate is the result.
	Limit BenchLimit `json:"limit"`
	// Reasons say in sentences why there is no result, or why it is less than it
	// might be.
	Reasons []string `json:"reasons"`
	// Line is the result in a line that can be quoted, or a line that says why
	// there is none.
	Line string `json:"line"`
	// Result is nil without a rate that was confirmed.
	Result *BenchResult `json:"result"`
	// Violations is how many things were seen that a correct node cannot do.
	Violations int         `json:"violations"`
	Steps      []BenchStep `json:"steps"`
}

// The units of a search.
const (
	UnitTransfers = "transfers"
	UnitArrivals  = "arrivals"
)

// BenchSearch is how a search goes.
type BenchSearch struct {
	FromPerS float64 `json:"from_per_s"`
	// ToPerS is the highest rate to be tried; 0 is no limit.
	ToPerS float64 `json:"to_per_s"`
	// Growth is the factor between two rungs of the ladder.
	Growth float64 `json:"growth"`
	// Resolution is how near to each other a rate that holds and one that does
	// not have to come, as a part of the rate.
	Resolution float64 `json:"resolution"`
	// Confirm is how often the best rate has to hold again.
	Confirm   int     `json:"confirm"`
	MaxSteps  int     `json:"max_steps"`
	WarmupS   float64 `json:"warmup_s"`
	StepS     float64 `json:"step_s"`
	ConfirmS  float64 `json:"confirm_s"`
	LeastPerS float64 `json:"least_per_s"`
}

// BenchVerdict is what a search came to.
type BenchVerdict string

// The verdicts of a search.
const (
	// BenchFound: the result is the highest rate that holds.
	BenchFound BenchVerdict = "found"
	// BenchAtLeast: the result was confirmed, and a higher rate may hold too.
	BenchAtLeast BenchVerdict = "at least"
	// BenchUnconfirmed: some rate held, and none was confirmed.
	BenchUnconfirmed BenchVerdict = "unconfirmed"
	// BenchNothing: no rate held.
	BenchNothing BenchVerdict = "nothing"
	// BenchStopped: the search was interrupted.
	BenchStopped BenchVerdict = "interrupted"
)

// BenchLimit is what kept a search from a higher rate.
type BenchLimit string

// The limits.
const (
	LimitNode        BenchLimit = "node"        // the objective did not hold
	LimitGenerator   BenchLimit = "generator"   // chanbot could not make the load
	LimitTo          BenchLimit = "to"          // the highest rate that was allowed
	LimitSteps       BenchLimit = "steps"       // the search had no steps left
	LimitUnusable    BenchLimit = "unusable"    // a rate could not be tried
	LimitInterrupted BenchLimit = "interrupted" // by a signal
)

// BenchStage is what a step of a search is for.
type BenchStage string

// The stages.
const (
	BenchLadder  BenchStage = "ladder"
	BenchBisect  BenchStage = "bisect"
	BenchConfirm BenchStage = "confirm"
)

// StepVerdict is what a step of a search came to.
type StepVerdict string

// The verdicts of a step.
const (
	// StepHeld: the objective held.
	StepHeld StepVerdict = "held"
	// StepBroke: it did not.
	StepBroke StepVerdict = "broke"
	// StepInvalid: chanbot could not make the load, so nothing is known about
	// the node.
	StepInvalid StepVerdict = "invalid"
	// StepUnusable: there was nothing to be measured, as when the channels did not
	// open.
	StepUnusable StepVerdict = "unusable"
	// StepInterrupted: it was stopped before its end.
	StepInterrupted StepVerdict = "interrupted"
)

// BenchStep is one rate that was tried, on channels of its own.
type BenchStep struct {
	// Number counts from 1.
	Number int        `json:"number"`
	Stage  BenchStage `json:"stage"`
	// Again says that the rate was tried right before, and did not hold.
	Again    bool        `json:"again,omitempty"`
	RatePerS float64     `json:"rate_per_s"`
	Verdict  StepVerdict `json:"verdict"`
	// Reasons say in a few words why it did not hold.
	Reasons []string `json:"reasons"`
	// Cut says that it ended as soon as the objective could not hold any more.
	Cut bool `json:"cut,omitempty"`
	// MeasuredS is how long it was measured, and AchievedPerS what the node did a
	// second in that time, whenever it was due.
	MeasuredS    float64 `json:"measured_s"`
	AchievedPerS float64 `json:"achieved_per_s"`
	// Due is how many arrivals the judged part was to have. The rest is about the
	// operations of the judged part.
	Due       int64     `json:"due"`
	Attempts  int64     `json:"attempts"`
	Outcomes  Counts    `json:"outcomes"`
	Response  Latency   `json:"response"`
	Service   Latency   `json:"service"`
	Wait      Latency   `json:"wait"`
	Generator Generator `json:"generator"`
	// Seed decided the choices of this step; StartedS is since the start of the
	// search.
	Seed     uint64  `json:"seed"`
	StartedS float64 `json:"started_s"`
	TookS    float64 `json:"took_s"`
	// Folder is the run folder of the step, below that of the search.
	Folder     string `json:"folder"`
	Violations int    `json:"violations,omitempty"`
}

// BenchResult is the rate that was confirmed, with its spread.
type BenchResult struct {
	RatePerS float64 `json:"rate_per_s"`
	// Achieved is what the node did a second in each of the confirming runs.
	Achieved Spread  `json:"achieved_per_s"`
	Runs     int     `json:"runs"`
	RunS     float64 `json:"run_s"`
	// Response and Service are of all confirming runs together, the spreads from
	// run to run.
	Response    Latency `json:"response"`
	Service     Latency `json:"service"`
	ResponseP50 Spread  `json:"response_p50_us"`
	ResponseP99 Spread  `json:"response_p99_us"`
	ServiceP50  Spread  `json:"service_p50_us"`
	ServiceP99  Spread  `json:"service_p99_us"`
	// AbovePerS is the lowest rate above that did not hold; 0 when none was
	// tried.
	AbovePerS float64 `json:"above_per_s"`
}

// Spread is a value that was measured several times.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf returns the spread of values, which are not none.
func SpreadOf(values []float64) Spread {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Spread{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1]}
}

// around returns how far the values are from one that was aimed at, as a part of
// that.
func (s Spread) around(aim float64) float64 {
	if aim <= 0 {
		return 0
	}
	return max(s.Max-aim, aim-s.Min) / aim
}

// Confirming returns the steps that confirmed the result.
func (b *Bench) Confirming() []BenchStep {
	if b.Result == nil {
		return nil
	}
	return b.ConfirmedBy(b.Result.RatePerS, b.Result.Runs)
}

// ConfirmedBy returns the last n steps in which a rate held while it was being
// confirmed.
func (b *Bench) ConfirmedBy(rate float64, n int) []BenchStep {
	var out []BenchStep
	for i := len(b.Steps) - 1; i >= 0 && len(out) < n; i-- {
		if s := b.Steps[i]; s.Stage == BenchConfirm && s.RatePerS == rate && s.Verdict == StepHeld {
			out = append(out, s)
		}
	}
	slices.Reverse(out)
	return out
}

// JSON returns the content of bench.json.
func (b *Bench) JSON() ([]byte, error) { return indented(b.complete()) }

// complete returns a copy that is fit for JSON.
func (b *Bench) complete() *Bench {
	c := *b
	c.Version = BenchVersion
	c.Objective, c.Reasons, c.Steps = notNil(c.Objective), notNil(c.Reasons), slices.Clone(notNil(c.Steps))
	for i := range c.Steps {
		s := &c.Steps[i]
		s.Reasons = notNil(s.Reasons)
		if s.Outcomes == nil {
			s.Outcomes = Counts{}
		}
		s.AchievedPerS, s.MeasuredS = finite(s.AchievedPerS), finite(s.MeasuredS)
		s.Generator = s.Generator.finite()
	}
	return &c
}

// WriteBench writes bench.json.
func (f *Folder) WriteBench(b *Bench) error { return f.writeJSON(BenchFile, b.complete()) }

// Bench reads bench.json. The error is fs.ErrNotExist in the folder of anything
// but a search.
func (f *Folder) Bench() (*Bench, error) {
	b := new(Bench)
	if err := f.readJSON(BenchFile, b); err != nil {
		return nil, err
	}
	if b.Version != BenchVersion {
		return nil, fmt.Errorf("%s is of version %d, and this program knows %d", f.File(BenchFile), b.Version, BenchVersion)
	}
	return b, nil
}

// CreateStep makes the run folder of a step of a search.
func (f *Folder) CreateStep(name string) (*Folder, error) {
	parent := f.File(StepsDir)
	if err := os.Mkdir(parent, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("create run folder: %w", err)
	}
	s := &Folder{path: filepath.Join(parent, FileName(name))}
	if err := os.Mkdir(s.path, 0o700); err != nil {
		return nil, fmt.Errorf("create run folder: %w", err)
	}
	return s, nil
}
