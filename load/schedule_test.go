package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func drawPlan(t *rapid.T) Plan {
	p := Plan{Seed: rapid.Uint64().Draw(t, "seed"), Pairs: rapid.IntRange(1, 20).Draw(t, "pairs")}
	rate := func(name string) Rate {
		return Rate{rapid.Uint64Range(0, 300).Draw(t, name), rapid.SampledFrom([]time.Duration{s, 3 * s, 700 * ms}).Draw(t, name+"Per")}
	}
	for range rapid.IntRange(0, 4).Draw(t, "phases") {
		p.Phases = append(p.Phases, Phase{
			Arrivals: Arrivals{
				Process: Process(rapid.IntRange(0, int(ProcessClosed)).Draw(t, "process")),
				Rate:    rate("rate"), To: rate("to"), By: rate("by"),
				Every: time.Duration(rapid.Int64Range(int64(20*ms), int64(s)).Draw(t, "every")), Size: rapid.IntRange(0, 50).Draw(t, "size"),
				Think: time.Duration(rapid.Int64Range(0, int64(s)).Draw(t, "think")),
			},
			Warmup:   time.Duration(rapid.Int64Range(0, int64(300*ms)).Draw(t, "warmup")),
			Duration: time.Duration(rapid.Int64Range(0, int64(800*ms)).Draw(t, "duration")),
		})
	}
	return p
}

func TestScheduleYieldsEveryArrivalOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t)
		sched, err := plan.Schedule()
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Collect(sched.All())
		if int64(len(all)) != sched.Total() || sched.Count(sched.Length()) != sched.Total() || sched.Count(Never) != sched.Total() {
			t.Fatalf("%d arrivals, Total %d, Count %d", len(all), sched.Total(), sched.Count(sched.Length()))
		}
		var before Arrival
		for k, a := range all {
			if same, ok := sched.At(int64(k)); !ok || same != a || a.K != int64(k) {
				t.Fatalf("in order %+v, alone %+v", a, same)
			}
			if a.Due < before.Due || a.Phase < before.Phase || a.Due >= sched.Length() || a.Pair < 0 || a.Pair >= plan.Pairs {
				t.Fatalf("%+v after %+v", a, before)
			}
			if n := sched.Count(a.Due); n > a.K {
				t.Fatalf("%d arrivals before %+v", n, a)
			}
			before = a
		}
		parts := rapid.IntRange(1, 9).Draw(t, "parts")
		var sum []Arrival
		for i := range parts {
			for a := range sched.Part(i, parts) {
				if a.Pair%parts != i {
					t.Fatalf("part %d of %d has %+v", i, parts, a)
				}
				sum = append(sum, a)
			}
		}
		slices.SortFunc(sum, func(a, b Arrival) int { return int(a.K - b.K) })
		if diff := cmp.Diff(all, sum); diff != "" {
			t.Fatalf("the whole (-) is not its parts (+):\n%s", diff)
		}
	})
}

func TestStretches(t *testing.T) {
	plan := Plan{Pairs: 2, Phases: []Phase{
		{Arrivals: Arrivals{Rate: perS(400)}, Warmup: 10 * s, Duration: 60 * s},
		{Arrivals: Arrivals{Process: ProcessRamp, Rate: perS(10), To: perS(30)}, Warmup: s, Duration: 10 * s},
		{Arrivals: Arrivals{Process: ProcessClosed, Think: s}, Warmup: s, Duration: 5 * s},
		{Arrivals: Arrivals{Process: ProcessBurst, Size: 50, Every: s}, Duration: 10 * s},
		{Arrivals: Arrivals{Process: ProcessPoisson, Rate: third}, Duration: 10 * s},
	}}
	sched, err := plan.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Phase        int
		Warmup       bool
		Start, Over  time.Duration
		First, Count int64
	}
	var got []row
	for _, st := range sched.Stretches() {
		got = append(got, row{st.Phase, st.Warmup, st.Start, st.Over, st.First, st.Count})
	}
	if diff := cmp.Diff([]row{
		{0, true, 0, 10 * s, 0, 4000},
		{0, false, 10 * s, 60 * s, 4000, 24000},
		{1, true, 70 * s, s, 28000, 10}, // at the rate with which the ramp begins
		{1, false, 71 * s, 10 * s, 28010, 200},
		{2, true, 81 * s, s, 28210, 0},
		{2, false, 82 * s, 5 * s, 28210, 0},
		{3, false, 87 * s, 10 * s, 28210, 500},
		{4, false, 97 * s, 10 * s, 28710, 4},
	}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if sched.Length() != 107*s || sched.Total() != 28714 {
		t.Errorf("length %v, total %d", sched.Length(), sched.Total())
	}
	if c, ok := sched.Closed(2); !ok || c != (Closed{Start: 81 * s, Warm: 82 * s, End: 87 * s, Pairs: 2, Think: s}) {
		t.Errorf("closed phase: %+v, %v", c, ok)
	}
	for _, i := range []int{-1, 0, 5} {
		if _, ok := sched.Closed(i); ok {
			t.Errorf("phase %d is no closed one", i)
		}
	}
	for range sched.All() {
		break // a loop may end before its time
	}
}

func TestWarmUpsDoNotChangeWhatIsJudged(t *testing.T) {
	due := func(warmup time.Duration) (times []time.Duration) {
		sched, err := Plan{Seed: 5, Pairs: 1, Phases: []Phase{{Arrivals: Arrivals{Process: ProcessPoisson, Rate: perS(100)}, Warmup: warmup, Duration: s}}}.Schedule()
		if err != nil {
			t.Fatal(err)
		}
		for a := range sched.All() {
			if !a.Warmup {
				times = append(times, a.Due-warmup)
			}
		}
		return times
	}
	if diff := cmp.Diff(due(0), due(3*s)); diff != "" {
		t.Error(diff)
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	steady := Arrivals{Rate: perS(1)}
	for name, p := range map[string]Plan{
		"nobody to do it":   {Phases: []Phase{{Arrivals: steady, Duration: s}}},
		"a time below 0":    {Pairs: 1, Phases: []Phase{{Arrivals: steady, Duration: -s}}},
		"a warm-up below 0": {Pairs: 1, Phases: []Phase{{Arrivals: steady, Warmup: -s}}},
		"too long":          {Pairs: 1, Phases: []Phase{{Arrivals: steady, Warmup: 2, Duration: Never - 1}}},
		"too many":          {Pairs: 1, Phases: []Phase{{Arrivals: Arrivals{Rate: Rate{math.MaxUint64, 1}}, Duration: time.Hour}}},
	} {
		if _, err := p.Schedule(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var zero Schedule
	if _, ok := zero.At(0); ok || zero.Count(s) != 0 || zero.Length() != 0 || len(slices.Collect(zero.All())) != 0 {
		t.Error("the zero schedule has something")
	}
	if empty, err := (Plan{}).Schedule(); err != nil || empty.Total() != 0 {
		t.Errorf("a plan of nothing: %v", err)
	}
	if n := len(slices.Collect(zero.Part(3, 2))) + len(slices.Collect(zero.Part(0, 0))); n != 0 {
		t.Errorf("parts that do not exist have %d arrivals", n)
	}
}

// A thousand million arrivals later, an arrival is where it belongs.
func TestNoDrift(t *testing.T) {
	const far = 1_000_000_000
	for name, a := range map[string]Arrivals{
		"uniform": {Rate: third},
		"poisson": {Process: ProcessPoisson, Rate: perS(997)},
		"ramp":    {Process: ProcessRamp, Rate: perS(997), To: perS(998)},
		"step":    {Process: ProcessStairs, Rate: perS(997), By: third, Every: s, To: perS(998)},
		"burst":   {Process: ProcessBurst, Size: 7, Every: s},
	} {
		over := 2_000_000 * s
		if name == "uniform" {
			over = 4 * far * s
		} else if name == "burst" {
			over = far * s
		}
		p := a.Pacer(over, 1)
		at := p.At(far)
		if n := p.Count(at); n > far || at == Never {
			t.Errorf("%s: At(1e9) = %v, and %d arrivals before", name, at, n)
		}
		if n := p.Count(at + 1); n <= far {
			t.Errorf("%s: At(1e9) = %v, and %d arrivals until then", name, at, n)
		}
	}
	// The number in a far second is that of the rate, within what chance does.
	p := Poisson{Rate: perS(997), Over: 2_000_000 * s, Seed: 4}
	for i := range time.Duration(50) {
		if n := p.Count((1_000_000+i)*s+s) - p.Count((1_000_000+i)*s); n < 997-200 || n > 997+200 {
			t.Errorf("%d arrivals in second %d", n, 1_000_000+i)
		}
	}
}
