package load

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestClosed(t *testing.T) {
	c := Closed{Start: 10 * s, Warm: 12 * s, End: 20 * s, Pairs: 4, Think: s}
	for pair, want := range []time.Duration{10 * s, 10250 * ms, 10500 * ms, 10750 * ms} {
		if due, ok := c.First(pair); !ok || due != want {
			t.Errorf("pair %d begins at %v (%v), want %v", pair, due, ok, want)
		}
	}
	for name, x := range map[string]struct {
		done, want time.Duration
		ok         bool
	}{
		"after its think time":      {13 * s, 14 * s, true},
		"the last moment":           {19*s - 1, 20*s - 1, true},
		"after the end":             {19 * s, Never, false},
		"left from the last phase":  {5 * s, 11 * s, true},
		"far beyond what there is":  {math.MaxInt64, Never, false},
		"an end before the program": {-s, 11 * s, true},
	} {
		if due, ok := c.Next(x.done); due != x.want || ok != x.ok {
			t.Errorf("%s: next at %v (%v), want %v (%v)", name, due, ok, x.want, x.ok)
		}
	}
	for _, pair := range []int{-1, 4} {
		if _, ok := c.First(pair); ok {
			t.Errorf("there is no pair %d", pair)
		}
	}
	if !c.Warmup(11*s) || c.Warmup(12*s) {
		t.Error("the warm-up ends at 12s")
	}
	if _, ok := (Closed{}).First(0); ok {
		t.Error("the zero value has a pair")
	}
	if _, ok := (Closed{}).Next(0); ok {
		t.Error("the zero value goes on")
	}
	if due, ok := (Closed{End: s, Pairs: 3}).First(2); !ok || due != 0 {
		t.Errorf("without think time all begin at once; got %v", due)
	}
	if due, ok := (Closed{End: Never, Pairs: math.MaxInt, Think: math.MaxInt64 - 5}).First(math.MaxInt - 1); !ok || due <= 0 {
		t.Errorf("the largest fleet: %v, %v", due, ok)
	}
}

func TestSetup(t *testing.T) {
	paced := Setup{Rate: perS(20), InFlight: 10}
	for name, x := range map[string]struct {
		setup Setup
		p     Progress
		now   time.Duration
		wait  time.Duration
		full  bool
	}{
		"the first one":                   {paced, Progress{}, 0, 0, false},
		"too early for the second":        {paced, Progress{Started: 1, InFlight: 1}, 20 * ms, 30 * ms, false},
		"in time":                         {paced, Progress{Started: 1, InFlight: 1}, 50 * ms, 0, false},
		"no room":                         {paced, Progress{Started: 10, InFlight: 10, Last: 450 * ms}, 500 * ms, 0, true},
		"what was held up is not made up": {paced, Progress{Started: 11, InFlight: 5, Last: 9 * s}, 9*s + 10*ms, 40 * ms, false},
		"no limits":                       {Setup{}, Progress{Started: 100, InFlight: 100}, 0, 0, false},
		"a rate alone":                    {Setup{Rate: third}, Progress{Started: 5, InFlight: 5, Last: 2 * s}, 3 * s, 2 * s, false},
		"room alone":                      {Setup{InFlight: 1}, Progress{Started: 5}, 0, 0, false},
	} {
		if wait, full := x.setup.Next(x.p, x.now); wait != x.wait || full != x.full {
			t.Errorf("%s: wait %v, full %v; want %v, %v", name, wait, full, x.wait, x.full)
		}
	}
	for name, x := range map[string]struct {
		setup Setup
		n     int
		want  time.Duration
	}{
		"200 at 20/s": {paced, 200, 9950 * ms},
		"one":         {paced, 1, 0},
		"none":        {paced, 0, 0},
		"unpaced":     {Setup{}, 200, 0},
		"for ever":    {Setup{Rate: Rate{1, math.MaxInt64}}, 3, Never},
	} {
		if got := x.setup.Least(x.n); got != x.want {
			t.Errorf("%s take %v, want %v", name, got, x.want)
		}
	}
}

// Set-ups that end at random moments: never faster than the rate, never more
// than fit, and none forgotten.
func TestSetupKeepsItsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		setup := Setup{
			Rate:     Rate{rapid.Uint64Range(0, 1000).Draw(t, "count"), rapid.SampledFrom([]time.Duration{s, 7 * s}).Draw(t, "per")},
			InFlight: rapid.IntRange(0, 5).Draw(t, "inFlight"),
		}
		var p Progress
		var now time.Duration
		var starts, ends []time.Duration
		for p.Started < 40 {
			wait, full := setup.Next(p, now)
			if full {
				next := ends[0]
				for _, e := range ends {
					next = min(next, e)
				}
				now = max(now, next)
				left := ends[:0]
				for _, e := range ends {
					if e > now {
						left = append(left, e)
					}
				}
				ends, p.InFlight = left, len(left)
				continue
			}
			now += wait
			if setup.InFlight > 0 && p.InFlight >= setup.InFlight {
				t.Fatalf("%d in flight", p.InFlight)
			}
			starts = append(starts, now)
			ends = append(ends, now+time.Duration(rapid.Int64Range(0, int64(2*s)).Draw(t, "takes")))
			p = Progress{Started: p.Started + 1, InFlight: p.InFlight + 1, Last: now}
		}
		for i := 1; i < len(starts) && !setup.Rate.Zero(); i++ {
			if gap := starts[i] - starts[i-1]; float64(gap)*setup.Rate.float() < 1-1e-12 {
				t.Fatalf("%v between two starts at %v", gap, setup.Rate)
			}
		}
		if last := starts[len(starts)-1]; last < setup.Least(40) {
			t.Fatalf("40 set-ups in %v, least %v", last, setup.Least(40))
		}
	})
}

func TestQueue(t *testing.T) {
	var q Queue[string]
	if _, ok := q.Next(0); ok {
		t.Fatal("an empty queue has something")
	}
	q.Enqueue(0, "a")
	q.Enqueue(s, "b")
	q.Enqueue(s, "c") // a, b, c wait
	if v, ok := q.Next(2 * s); !ok || v != "a" || !q.Busy() {
		t.Fatalf("first %q, %v", v, ok)
	}
	if v, ok := q.Next(3 * s); ok {
		t.Fatalf("%q while the channel is busy", v)
	}
	q.Done()
	if v, ok := q.Next(4 * s); !ok || v != "b" {
		t.Fatalf("second %q, %v", v, ok)
	}
	// 1 for a second, 3 for one, 2 for two, 1 for one.
	if d := q.Depth(5 * s); d != (Depth{Now: 1, Max: 3, Mean: 9.0 / 5, Total: 3}) {
		t.Errorf("%+v", d)
	}
	if d := q.Depth(s); d.Mean != 9.0/5 {
		t.Errorf("time went back: %+v", d)
	}
	var zero Queue[int]
	if d := zero.Depth(0); d != (Depth{}) {
		t.Errorf("%+v", d)
	}
}

// A queue is a list that is taken from the front.
func TestQueueIsFirstComeFirstServed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[int]
		var list []int
		var now time.Duration
		var area float64
		busy := false
		n, most := 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"enqueue": func(*rapid.T) {
				q.Enqueue(now, n)
				list = append(list, n)
				n++
				most = max(most, len(list))
			},
			"next": func(t *rapid.T) {
				v, ok := q.Next(now)
				if ok != (len(list) > 0 && !busy) || ok && v != list[0] {
					t.Fatalf("%d, %v with %v waiting, busy %v", v, ok, list, busy)
				}
				if ok {
					list, busy = list[1:], true
				}
			},
			"done": func(*rapid.T) { q.Done(); busy = false },
			"time": func(t *rapid.T) {
				d := time.Duration(rapid.Int64Range(0, int64(s)).Draw(t, "d"))
				now += d
				area += float64(d) * float64(len(list))
			},
			"": func(t *rapid.T) {
				d := q.Depth(now)
				if d.Now != len(list) || d.Max != most || d.Total != int64(n) || math.Abs(d.Mean*float64(now)-area) > 1e-9*area+1 || q.Busy() != busy {
					t.Fatalf("%+v with %v waiting", d, list)
				}
			},
		})
	})
}

func TestWords(t *testing.T) {
	for want, a := range map[string]interface{ String() string }{
		"400/s":                   perS(400),
		"20/m":                    third,
		"30/m":                    Rate{5, 10 * s},
		"1/m":                     Rate{1, time.Minute},
		"2/h":                     Rate{1, 30 * time.Minute},
		"1/1h30m":                 Rate{1, 90 * time.Minute},
		"150/h":                   Rate{5, 2 * time.Minute},
		"1000/s":                  Rate{1, ms},
		"0/s":                     Rate{},
		"uniform 400/s":           Arrivals{Rate: perS(400)},
		"poisson 400/s":           Arrivals{Process: ProcessPoisson, Rate: perS(400)},
		"ramp from 30/m to 400/s": Arrivals{Process: ProcessRamp, Rate: Rate{5, 10 * s}, To: perS(400)},
		"step from 100/s by 50/s every 10s to 1000/s": Arrivals{Process: ProcessStairs, Rate: perS(100), By: perS(50), Every: 10 * s, To: perS(1000)},
		"step from 100/s by 50/s every 10s":           Arrivals{Process: ProcessStairs, Rate: perS(100), By: perS(50), Every: 10 * s},
		"burst of 50 every 1s":                        Arrivals{Process: ProcessBurst, Size: 50, Every: s},
		"closed, think time 0s":                       Arrivals{Process: ProcessClosed},
		"Process(9)":                                  Process(9),
	} {
		if got := a.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if third.Compare(Rate{2, 6 * s}) != 0 || perS(1).Compare(third) != 1 || third.Compare(perS(1)) != -1 || (Rate{}).Compare(Rate{0, s}) != 0 {
		t.Error("rates compare wrongly")
	}
	if got := perS(400).PerSec(); got != 400 {
		t.Errorf("%v a second", got)
	}
}
