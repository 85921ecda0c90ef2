package results

import "slices"

// CompareVersion is the version of the shape of a comparison.
const CompareVersion = 1

// CompareOptions say how runs are compared. The zero value compares without a
// verdict.
type CompareOptions struct {
	// Chanbot is the version of the program.
	Chanbot string
	// Seed drives the resampling: the same runs and the same seed give the same
	// intervals.
	Seed uint64
	// Resamples is how many are drawn for an interval; zero means 2000.
	Resamples int
	// MaxRegression is how much worse something may be, in parts of 1 (in points
	// for a share); nil judges nothing.
	MaxRegression *float64
	// Judged is what is judged; empty means p50 and p99 of the response times of
	// every operation, and the rate of signed ones.
	Judged []Measure
	// SamePlan tells whether two scenarios with different texts make the same
	// load; nil takes different texts for different loads.
	SamePlan func(a, b *Manifest) bool
}

// Comparison is the result of comparing runs with a base: what chanbot compare
// --json prints. It holds no NaN and no infinity.
type Comparison struct {
	Version int    `json:"version"`
	Chanbot string `json:"chanbot"`
	Method  Method `json:"method"`
	// Base are the runs of the base side.
	Base []RunFacts `json:"base"`
	// MaxRegression is nil when nothing is judged.
	MaxRegression *float64 `json:"max_regression"`
	// Verdict is the worst of the comparisons'.
	Verdict     CompareVerdict `json:"verdict"`
	Comparisons []Against      `json:"comparisons"`

	sides [][]*ComparedRun // the base first, for charts
}

// Against is one new side beside the base.
type Against struct {
	New []RunFacts `json:"new"`
	// Remarks are what weakens the comparison, or makes it meaningless.
	Remarks []Remark       `json:"remarks"`
	Verdict CompareVerdict `json:"verdict"`
	Changes []Change       `json:"changes"`
}

// Method says how the intervals were made.
type Method struct {
	Text       string  `json:"text"`
	Resamples  int     `json:"resamples"`
	Confidence float64 `json:"confidence"`
	Seed       uint64  `json:"seed"`
}

const methodText = "circular block bootstrap of whole intervals (1 s; 0.1 s for what was seen in at most 30 seconds, longer in long runs), " +
	"block length after Politis and White, expanded percentile interval; shares by a beta distribution of the effective sample size"

// CompareVerdict is what a comparison came to.
type CompareVerdict string

// The verdicts of comparisons, from best to worst.
const (
	// NotJudged: no limit was given.
	NotJudged CompareVerdict = "not judged"
	// NoRegression: nothing that is judged is surely worse than allowed.
	NoRegression CompareVerdict = "passed"
	// Undecided: something that was asked for could not be judged, or nothing
	// could.
	Undecided CompareVerdict = "undecided"
	// Regressed: something is worse than allowed, as surely as the confidence
	// says.
	Regressed CompareVerdict = "regressed"
)

// Finding is what a change comes to.
type Finding string

// The findings.
const (
	// Higher and Lower: the interval leaves out no change.
	Higher Finding = "higher"
	Lower  Finding = "lower"
	// NoDifference: none that the data can show.
	NoDifference Finding = "none"
	// NotKnown: there is no interval; Change.Problem says why.
	NotKnown Finding = "unknown"
)

// Change is one measure on both sides.
type Change struct {
	Measure string `json:"measure"` // as in thresholds: p99(transfer.response)
	// Operation is "all" for all together. Subject is a clock or an outcome,
	// Statistic p50, mean, max, rate or share.
	Operation string `json:"operation"`
	Subject   string `json:"subject"`
	Statistic string `json:"statistic"`
	Unit      string `json:"unit"` // us, per_s or share
	// Base and New are nil for a side that says nothing: there the operation
	// was not seen.
	Base        *float64 `json:"base"`
	New         *float64 `json:"new"`
	BaseSamples int64    `json:"base_samples"`
	NewSamples  int64    `json:"new_samples"`
	// Change is a part of the base, for a share the difference. Low and High
	// are its interval. They are nil when not known.
	Change  *float64 `json:"change"`
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	Finding Finding  `json:"finding"`
	// Worse tells whether the finding is one for the worse.
	Worse bool `json:"worse"`
	// Problem says why there is no interval.
	Problem string `json:"problem,omitempty"`
	// Verdict is NotJudged for what only is shown.
	Verdict CompareVerdict `json:"verdict"`

	m Measure
}

// Compare compares each of the new sides with the base. Every side has at least
// one run.
func Compare(base []*ComparedRun, news [][]*ComparedRun, o CompareOptions) *Comparison {
	if o.Resamples <= 0 {
		o.Resamples = Resamples
	}
	c := &Comparison{
		Version: CompareVersion, Chanbot: o.Chanbot, MaxRegression: o.MaxRegression, Verdict: NotJudged,
		Method: Method{Text: methodText, Resamples: o.Resamples, Confidence: Confidence, Seed: o.Seed},
		Base:   facts(base),
	}
	sides := append([][]*ComparedRun{base}, news...)
	shown := measures(sides)
	judged := o.Judged
	if o.MaxRegression != nil && len(judged) == 0 {
		judged = usuallyJudged(shown)
	}
	for _, m := range o.Judged {
		if !slices.Contains(shown, m) {
			shown = append(shown, m)
		}
	}
	read := readMeasures(sides, shown, &o)
	c.sides = sides
	for n := range news {
		a := Against{New: facts(news[n]), Remarks: remarks(base, news[n], o.SamePlan), Verdict: NotJudged, Changes: []Change{}}
		for i, m := range shown {
			ch := m.compare(read[0][i], read[n+1][i], o.chance(n, 0, "between "+m.String()))
			if (ch.Base == nil && ch.New == nil || ch.nothing()) && !slices.Contains(o.Judged, m) {
				continue
			}
			if o.MaxRegression != nil && slices.Contains(judged, m) {
				ch.judge(*o.MaxRegression)
			}
			a.Changes = append(a.Changes, ch)
		}
		if o.MaxRegression != nil {
			a.Verdict = verdict(a.Changes, o.Judged)
		}
		c.Comparisons = append(c.Comparisons, a)
		c.Verdict = worst(c.Verdict, a.Verdict)
	}
	return c
}
