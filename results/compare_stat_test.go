package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"chanbot/outcome"
)

// made is a run that never was: rate operations a second, whose times are
// lognormal around one millisecond.
type made struct {
	seconds, rate int
	slow          float64 // factor on all times; 0 is 1
	// shock is the spread of the logarithm of a second's level, of which the
	// part carry stays for the next second.
	carry, shock float64
	conflicts    float64 // share
	between      float64 // spread of the logarithm of a whole run's level
}

func (v made) run(rng *rand.Rand) *ComparedRun {
	m := newMeasurements(fineInterval)
	m.counts = true
	judged := time.Duration(v.seconds) * time.Second
	m.judged = []span{{0, judged}}
	if v.slow == 0 {
		v.slow = 1
	}
	whole := v.between * rng.NormFloat64()
	level := v.shock * rng.NormFloat64() / math.Sqrt(1-v.carry*v.carry)
	for n := range v.seconds {
		level = v.carry*level + v.shock*rng.NormFloat64()
		for i := range v.rate {
			at := time.Duration(n)*time.Second + time.Duration(i)*time.Second/time.Duration(v.rate)
			c := m.series(outcome.Transfer, fineInterval).cell(at)
			kind := outcome.Signed
			if rng.Float64() < v.conflicts {
				kind = outcome.Conflict
			}
			c.outcomes[kind]++
			m.all.cell(at).outcomes[kind]++
			us := 1000 * v.slow * math.Exp(whole+level+.3*rng.NormFloat64())
			c.clocks[outcome.Response].record(int64(us))
		}
	}
	m.finish()
	return &ComparedRun{Source: SourceJournal, Verdict: Passed, Judged: judged, m: m}
}

// chances skips a test of chances under the race detector, which makes the
// arithmetic of its many rounds ten times slower and has nothing to find there:
// make test runs it without.
func chances(t *testing.T) {
	t.Helper()
	if withRace {
		t.Skip("too slow under the race detector; make test runs it without")
	}
}

// found says in how many of many pairs of sides each measure differs.
func found(v made, bases, news, rounds int) map[string]int {
	differ := make(map[string]int)
	for i := range rounds {
		rng := rand.New(rand.NewPCG(4, uint64(i)))
		runs := func(n int) (out []*ComparedRun) {
			for range n {
				out = append(out, v.run(rng))
			}
			return out
		}
		c := Compare(runs(bases), [][]*ComparedRun{runs(news)}, CompareOptions{Seed: uint64(i), Resamples: 500})
		for _, ch := range c.Comparisons[0].Changes {
			if ch.Finding == Higher || ch.Finding == Lower {
				differ[ch.Measure]++
			}
		}
	}
	return differ
}

// usual are the measures that have an interval in all made runs.
var usual = []string{"p50(transfer.response)", "p90(transfer.response)", "p99(transfer.response)", "mean(transfer.response)"}

func TestRunsOfTheSameThingDifferInOneOfTwenty(t *testing.T) {
	t.Parallel()
	chances(t)
	const rounds = 150
	for _, c := range []struct {
		name        string
		v           made
		bases, news int
		most        float64 // the share that may differ
		more        []string
	}{
		{"nothing but chance", made{seconds: 60, rate: 40, conflicts: .1}, 1, 1, .05, []string{"share(transfer.conflict)", "rate(signed)"}},
		{"twelve seconds", made{seconds: 12, rate: 100, conflicts: .1}, 1, 1, .05, []string{"share(transfer.conflict)"}},
		{"seconds of different levels", made{seconds: 60, rate: 40, shock: .1}, 1, 1, .05, nil},
		{"levels that stay for some seconds", made{seconds: 200, rate: 10, shock: .1, carry: .5}, 1, 1, .08, nil},
		{"conflicts that are rare", made{seconds: 60, rate: 40, conflicts: .0005}, 1, 1, .05, []string{"share(transfer.conflict)"}},
		{"runs of different levels", made{seconds: 30, rate: 20, between: .1}, 3, 2, .05, nil},
	} {
		differ := found(c.v, c.bases, c.news, rounds)
		for _, m := range slices.Concat(usual, c.more) {
			got := float64(differ[m]) / rounds
			// Four standard deviations of the count itself.
			if most := c.most + 4*math.Sqrt(c.most*(1-c.most)/float64(rounds)); got > most {
				t.Errorf("%s: %s differs in %.1f%% of the pairs, want at most about %.0f%%", c.name, m, 100*got, 100*c.most)
			}
			if least := .04 - 4*math.Sqrt(.05*.95/float64(rounds)); c.name == "nothing but chance" && got < least {
				t.Errorf("%s: %s differs in %.1f%% of the pairs, so its intervals are too wide", c.name, m, 100*got)
			}
		}
		t.Logf("%s: %v", c.name, differ)
	}
}

func TestASlowdownIsFoundWithANarrowInterval(t *testing.T) {
	t.Parallel()
	chances(t)
	covered, rounds := 0, 60
	for i := range rounds {
		rng := rand.New(rand.NewPCG(5, uint64(i)))
		base, slower := made{seconds: 60, rate: 100}, made{seconds: 60, rate: 100, slow: 1.1}
		c := Compare([]*ComparedRun{base.run(rng)}, [][]*ComparedRun{{slower.run(rng)}}, CompareOptions{Seed: 1})
		for _, ch := range c.Comparisons[0].Changes {
			switch ch.Measure {
			case "p50(transfer.response)", "mean(transfer.response)":
				if ch.Finding != Higher || !ch.Worse || *ch.High-*ch.Low > .06 {
					t.Errorf("round %d: %s is %s, %.3f in %.3f … %.3f", i, ch.Measure, ch.Finding, *ch.Change, *ch.Low, *ch.High)
				}
			case "p99(transfer.response)":
				if *ch.Low < .1 && .1 < *ch.High {
					covered++
				}
				if *ch.High-*ch.Low > .2 {
					t.Errorf("round %d: p99 in %.3f … %.3f", i, *ch.Low, *ch.High)
				}
			}
		}
	}
	if covered < rounds*3/4 {
		t.Errorf("the true change of p99 is in %d of %d intervals", covered, rounds)
	}
}

func TestARunDoesNotDifferFromItself(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 0))
	for _, v := range []made{
		{seconds: 60, rate: 40, conflicts: .1}, {seconds: 3, rate: 500}, {seconds: 100, rate: 10, shock: 1, carry: .9}, {seconds: 1, rate: 1}, {seconds: 1300, rate: 3},
	} {
		r := v.run(rng)
		limit := 0.
		c := Compare([]*ComparedRun{r}, [][]*ComparedRun{{r}, {r, r, r, r}}, CompareOptions{Seed: 7, Resamples: 200, MaxRegression: &limit})
		for _, a := range c.Comparisons {
			for _, ch := range a.Changes {
				if ch.Finding == Higher || ch.Finding == Lower || *ch.Change != 0 || *ch.Base != *ch.New {
					t.Errorf("%+v: %s is %s, %v and %v", v, ch.Measure, ch.Finding, *ch.Base, *ch.New)
				}
			}
			if a.Verdict == Regressed {
				t.Errorf("%+v has regressed against itself", v)
			}
		}
	}
}

// Runs differ by 10 % for reasons of their own. Two single ones look different;
// with several of each side, the interval knows.
func TestSeveralRunsShowHowRunsDiffer(t *testing.T) {
	v := made{seconds: 30, rate: 50, between: .1}
	chances(t)
	const rounds = 24
	single, several := found(v, 1, 1, rounds), found(v, 4, 1, rounds)
	if m := usual[0]; 2*single[m] < rounds || 3*several[m] > rounds {
		t.Errorf("%s differs in %d of %d pairs of runs, and in %d with four base runs", m, single[m], rounds, several[m])
	}
}

func TestTheSameSeedGivesTheSameIntervals(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 0))
	a, b := made{seconds: 40, rate: 40}.run(rng), made{seconds: 50, rate: 40}.run(rng)
	text := func(seed uint64, news ...[]*ComparedRun) string {
		out, err := Compare([]*ComparedRun{a}, news, CompareOptions{Seed: seed}).JSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	one := text(1, []*ComparedRun{b})
	if again := text(1, []*ComparedRun{b}); again != one {
		t.Error("the same seed gave another result")
	}
	if other := text(2, []*ComparedRun{b}); other == one {
		t.Error("another seed gave the same result")
	}
	// What stands beside it does not matter.
	c := Compare([]*ComparedRun{a}, [][]*ComparedRun{{b}, {a}}, CompareOptions{Seed: 1})
	d := Compare([]*ComparedRun{a}, [][]*ComparedRun{{b}}, CompareOptions{Seed: 1})
	for i, ch := range d.Comparisons[0].Changes {
		if ch.Low != nil && *ch.Low != *c.Comparisons[0].Changes[i].Low {
			t.Errorf("%s: the interval depends on what else is compared", ch.Measure)
		}
	}
}
