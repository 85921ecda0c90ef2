package results

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"chanbot/outcome"
)

// measures returns what is shown: everything about every operation that any
// side has seen.
func measures(sides [][]*ComparedRun) []Measure {
	var operations []outcome.Operation
	seen := make(map[outcome.Operation][kinds]bool)
	for _, runs := range sides {
		for _, r := range runs {
			names := r.operations()
			operations = append(operations, names...)
			for _, op := range append(names, "") {
				was := seen[op]
				for k, n := range r.counts(op) {
					was[k] = was[k] || n > 0
				}
				seen[op] = was
			}
		}
	}
	slices.Sort(operations)
	operations = slices.Compact(operations)
	var out []Measure
	if seen[""][outcome.Signed] {
		out = append(out, Measure{Func: funcRate, Kind: outcome.Signed})
	}
	shares := func(op outcome.Operation) {
		for _, k := range outcome.Kinds() {
			if seen[op][k] {
				out = append(out, Measure{Func: funcShare, Operation: op, Kind: k})
			}
		}
	}
	if len(operations) > 1 {
		shares("")
	}
	for _, op := range operations {
		out = append(out, timesOf(op, outcome.Response)...)
		out = append(out, timesOf(op, outcome.Service)...)
		shares(op)
	}
	return out
}

// usuallyJudged picks what is judged when nothing else is asked for.
func usuallyJudged(shown []Measure) []Measure {
	var out []Measure
	for _, m := range shown {
		switch {
		case m.Func == funcQuantile && m.Clock == outcome.Response && (m.Quantile == .5 || m.Quantile == .99),
			m.Func == funcRate && m.Kind == outcome.Signed && m.Operation == "":
			out = append(out, m)
		}
	}
	return out
}

// readMeasures reads every measure of every run: by side, measure and run. The runs
// and clocks are read beside each other.
func readMeasures(sides [][]*ComparedRun, shown []Measure, o *CompareOptions) [][][]reading {
	type clockOf struct {
		op    outcome.Operation
		clock outcome.Clock
	}
	var work []func()
	out := make([][][]reading, len(sides))
	for s, runs := range sides {
		out[s] = make([][]reading, len(shown))
		for i := range shown {
			out[s][i] = make([]reading, len(runs))
		}
		for n, run := range runs {
			clocks := make(map[clockOf][]int)
			for i, m := range shown {
				if m.isTime() {
					k := clockOf{m.Operation, m.Clock}
					clocks[k] = append(clocks[k], i)
					continue
				}
				work = append(work, func() {
					out[s][i][n] = run.readOutcome(m, o.chance(s, n, m.String()))
				})
			}
			for k, list := range clocks {
				work = append(work, func() {
					read := run.timesReader(k.op, k.clock)
					for _, i := range list {
						out[s][i][n] = read(shown[i], o.chance(s, n, shown[i].String()))
					}
				})
			}
		}
	}
	var all sync.WaitGroup
	next := make(chan func())
	for range min(runtime.GOMAXPROCS(0), len(work)) {
		all.Go(func() {
			for f := range next {
				f()
			}
		})
	}
	for _, f := range work {
		next <- f
	}
	close(next)
	all.Wait()
	return out
}

// compare makes the change of one measure.
func (m Measure) compare(base, new []reading, rng chance) Change {
	b, w := oneSide(base, m.relative()), oneSide(new, m.relative())
	subject := m.Kind.String()
	if m.isTime() {
		subject = m.Clock.String()
	}
	ch := Change{
		Measure: m.String(), Operation: AllOperations, Subject: subject, Statistic: m.statistic(), Unit: m.unit(),
		BaseSamples: b.samples, NewSamples: w.samples, Finding: NotKnown, Verdict: NotJudged, m: m,
	}
	if m.Operation != "" {
		ch.Operation = string(m.Operation)
	}
	if b.runs > 0 {
		ch.Base = known(b.value)
	}
	if w.runs > 0 {
		ch.New = known(w.value)
	}
	switch {
	case b.runs == 0 && w.runs == 0:
		ch.Problem = "in none of the runs"
		return ch
	case b.runs == 0:
		ch.Problem = "not in the base"
		return ch
	case w.runs == 0:
		ch.Problem = "not in the new run"
		return ch
	case m.relative() && b.exact <= 0:
		if ch.Problem = "the base is 0"; w.exact <= 0 {
			ch.Finding, ch.Problem = NoDifference, ""
			ch.Change, ch.Low, ch.High = known(0), known(0), known(0)
		}
		return ch
	}
	by, low, high, sure := change(b, w, m.relative(), rng)
	ch.Change = known(by)
	if !sure {
		if ch.Problem = b.problem; ch.Problem == "" {
			ch.Problem = w.problem
		}
		if ch.Problem == "" {
			ch.Problem = "too few samples"
		}
		return ch
	}
	ch.Low, ch.High = known(low), known(high)
	switch {
	case low > 0:
		ch.Finding, ch.Worse = Higher, m.higherIsWorse()
	case high < 0:
		ch.Finding, ch.Worse = Lower, !m.higherIsWorse()
	default:
		ch.Finding = NoDifference
	}
	return ch
}

// known returns a pointer to a number that JSON has.
func known(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// nothing tells that an outcome was on neither side.
func (c *Change) nothing() bool {
	return c.m.Func == funcShare && (c.Base == nil || *c.Base == 0) && (c.New == nil || *c.New == 0)
}

// judge compares the sure end of the interval with the limit.
func (c *Change) judge(limit float64) {
	switch {
	case c.Low == nil || c.High == nil:
		c.Verdict = Undecided
	case c.m.higherIsWorse() && *c.Low > limit, !c.m.higherIsWorse() && -*c.High > limit:
		c.Verdict = Regressed
	default:
		c.Verdict = NoRegression
	}
}

// verdict sums up what was judged. What could not be judged counts only when it
// was asked for by name, or when there is nothing else.
func verdict(changes []Change, asked []Measure) CompareVerdict {
	v, undecided := NotJudged, len(asked) > 0
	for i := range changes {
		switch c := &changes[i]; {
		case c.Verdict == Undecided && !undecided:
		default:
			v = worst(v, c.Verdict)
		}
	}
	for _, m := range asked {
		if !slices.ContainsFunc(changes, func(c Change) bool { return c.m == m }) {
			v = worst(v, Undecided)
		}
	}
	if v == NotJudged {
		return Undecided
	}
	return v
}

func worst(a, b CompareVerdict) CompareVerdict {
	order := []CompareVerdict{NotJudged, NoRegression, Undecided, Regressed}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}
