package load

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const s, ms = time.Second, time.Millisecond

func perS(n uint64) Rate { return PerSecond(n) }

// third is a rate that no float and no decimal fraction holds.
var third = Rate{1, 3 * s}

func TestDueTimes(t *testing.T) {
	for name, c := range map[string]struct {
		pacer Pacer
		k     int64
		want  time.Duration
	}{
		"uniform: the first one is due at once":    {Uniform{perS(400)}, 0, 0},
		"uniform: the second one after its time":   {Uniform{perS(400)}, 1, 2500 * time.Microsecond},
		"uniform: a third of a hertz":              {Uniform{third}, 7, 21 * s},
		"uniform: 997/s after a second":            {Uniform{perS(997)}, 997, s},
		"uniform: 997/s, rounded down":             {Uniform{perS(997)}, 1, 1003009},
		"uniform: 997/s, number 1e9":               {Uniform{perS(997)}, 1e9, 1003009027081243},
		"uniform: 1e9 at a third of a hertz":       {Uniform{third}, 1e9, 3e9 * s},
		"uniform: faster than nanoseconds":         {Uniform{Rate{10, 1}}, 19, 1},
		"uniform: beyond all times":                {Uniform{third}, math.MaxInt64, Never},
		"uniform: the fastest":                     {Uniform{Rate{math.MaxUint64, 1}}, math.MaxInt64, 0},
		"uniform: below the first":                 {Uniform{perS(1)}, -5, 0},
		"uniform: no rate":                         {Uniform{}, 0, Never},
		"uniform: no time":                         {Uniform{Rate{5, 0}}, 0, Never},
		"uniform: negative time":                   {Uniform{Rate{5, -s}}, 0, Never},
		"burst: all of the first at once":          {Burst{50, s}, 49, 0},
		"burst: the second":                        {Burst{50, s}, 50, s},
		"burst: beyond all times":                  {Burst{1, time.Hour}, math.MaxInt64, Never},
		"burst: nothing":                           {Burst{}, 0, Never},
		"ramp: from nothing":                       {Ramp{Rate{}, perS(100), 10 * s}, 0, 0},
		"ramp: from nothing, half the way":         {Ramp{Rate{}, perS(100), 10 * s}, 125, 5 * s},
		"ramp: to nothing, half the way":           {Ramp{perS(100), Rate{}, 10 * s}, 375, 5 * s},
		"ramp: no slope":                           {Ramp{perS(400), perS(400), 10 * s}, 1, 2500 * time.Microsecond},
		"ramp: the last one":                       {Ramp{perS(100), perS(300), 10 * s}, 1999, 9996666296},
		"ramp: over":                               {Ramp{perS(100), perS(300), 10 * s}, 2000, Never},
		"ramp: no time":                            {Ramp{perS(100), perS(300), 0}, 0, Never},
		"ramp: no rates":                           {Ramp{Rate{}, Rate{}, s}, 0, Never},
		"step: the first step":                     {Stairs{perS(10), perS(5), 10 * s, Rate{}}, 99, 9900 * ms},
		"step: the second step":                    {Stairs{perS(10), perS(5), 10 * s, Rate{}}, 100, 10 * s},
		"step: within the second step":             {Stairs{perS(10), perS(5), 10 * s, Rate{}}, 115, 11 * s},
		"step: the last step":                      {Stairs{perS(10), perS(5), 10 * s, perS(15)}, 1000, 70 * s},
		"step: the last step is no whole one":      {Stairs{perS(10), perS(5), 10 * s, perS(12)}, 100 + 12, 11 * s},
		"step: starts above its limit":             {Stairs{perS(10), perS(5), 10 * s, perS(2)}, 2, s},
		"step: no height":                          {Stairs{perS(10), Rate{}, 10 * s, perS(20)}, 1000, 100 * s},
		"step: no time":                            {Stairs{perS(10), perS(5), 0, Rate{}}, 1000, 100 * s},
		"step: from nothing":                       {Stairs{Rate{}, perS(5), 10 * s, Rate{}}, 0, 10 * s},
		"step: nothing":                            {Stairs{}, 0, Never},
		"poisson: nothing":                         {Poisson{}, 0, Never},
		"poisson: over":                            {Poisson{Rate: perS(10), Over: s}, 10, Never},
		"part: the third of three":                 {Part(Uniform{perS(3)}, 2, 3), 1, 1666666666},
		"part: one that does not exist":            {Part(Uniform{perS(3)}, 3, 3), 0, Never},
		"part: of nothing":                         {Part(nil, 0, 1), 0, Never},
		"part: more than there are in three parts": {Part(Uniform{Rate{math.MaxUint64, 1}}, 2, 3), math.MaxInt64 / 2, Never},
	} {
		if got := c.pacer.At(c.k); got != c.want {
			t.Errorf("%s: At(%d) = %v (%d), want %v", name, c.k, got, got, c.want)
		}
	}
}

func TestCounts(t *testing.T) {
	for name, c := range map[string]struct {
		pacer Pacer
		until time.Duration
		want  int64
	}{
		"uniform":                           {Uniform{perS(400)}, 60 * s, 24000},
		"uniform: a third of a hertz":       {Uniform{third}, 10 * s, 4},
		"uniform: until exactly the next":   {Uniform{third}, 9 * s, 3},
		"uniform: 997/s for an hour":        {Uniform{perS(997)}, time.Hour, 997 * 3600},
		"uniform: 997/s for 292 years":      {Uniform{perS(997)}, Never, 9195701920745},
		"uniform: more than can be counted": {Uniform{Rate{math.MaxUint64, 1}}, Never, math.MaxInt64},
		"uniform: before it begins":         {Uniform{perS(400)}, -s, 0},
		"uniform: no rate":                  {Uniform{}, s, 0},
		"ramp":                              {Ramp{perS(100), perS(300), 10 * s}, 10 * s, 2000},
		"ramp: longer":                      {Ramp{perS(100), perS(300), 10 * s}, time.Hour, 2000},
		"ramp: a triangle":                  {Ramp{Rate{}, perS(1), 9 * s}, 9 * s, 5},
		"ramp: nothing":                     {Ramp{}, s, 0},
		"step: two steps":                   {Stairs{perS(10), perS(5), 10 * s, Rate{}}, 20 * s, 250},
		"step: with a limit":                {Stairs{perS(10), perS(5), 10 * s, perS(12)}, 30 * s, 340},
		"step: the manual's":                {Stairs{perS(100), perS(50), 10 * s, perS(1000)}, time.Minute, 13500},
		"step: more than can be counted":    {Stairs{perS(1), Rate{math.MaxUint64, 1}, 1, Rate{}}, Never, math.MaxInt64},
		"step: nothing":                     {Stairs{}, s, 0},
		"burst: the last one counts":        {Burst{50, s}, 10*s + 1, 550},
		"burst: the last one is not due":    {Burst{50, s}, 10 * s, 500},
		"burst: nothing":                    {Burst{}, s, 0},
		"poisson: as many as uniform":       {Poisson{Rate: perS(400), Over: 60 * s}, 60 * s, 24000},
		"poisson: longer":                   {Poisson{Rate: perS(400), Over: 60 * s}, time.Hour, 24000},
		"poisson: nothing":                  {Poisson{}, s, 0},
	} {
		if got := c.pacer.Count(c.until); got != c.want {
			t.Errorf("%s: Count(%v) = %d, want %d", name, c.until, got, c.want)
		}
	}
}

func TestPace(t *testing.T) {
	u := Uniform{perS(10)}
	for name, c := range map[string]struct {
		elapsed time.Duration
		hits    int64
		wait    time.Duration
		stop    bool
	}{
		"the first":             {0, 0, 0, false},
		"early":                 {30 * ms, 1, 70 * ms, false},
		"on time":               {100 * ms, 1, 0, false},
		"late: nothing is lost": {500 * ms, 1, 0, false},
		"before the start":      {-s, 1, 100 * ms, false},
		"all done":              {0, 10, 0, true},
	} {
		if wait, stop := Pace(u, s, c.elapsed, c.hits); wait != c.wait || stop != c.stop {
			t.Errorf("%s: wait %v, stop %v; want %v, %v", name, wait, stop, c.wait, c.stop)
		}
	}
	if _, stop := Pace(Uniform{}, s, 0, 0); !stop {
		t.Error("nothing to do, and no stop")
	}
}

// A rate from everyday ones to the ends of what a field holds.
func drawRate(t *rapid.T, name string) Rate {
	r := Rate{Count: rapid.Uint64Range(0, 100_000).Draw(t, name), Per: rapid.SampledFrom([]time.Duration{s, 3 * s, time.Minute, 7 * ms, 1}).Draw(t, name+"Per")}
	switch rapid.IntRange(0, 9).Draw(t, name+"Kind") {
	case 0:
		r = Rate{}
	case 1:
		r = Rate{rapid.Uint64().Draw(t, name+"Any"), time.Duration(rapid.Int64().Draw(t, name+"AnyPer"))}
	}
	return r
}

func drawTime(t *rapid.T, name string) time.Duration {
	if rapid.IntRange(0, 9).Draw(t, name+"Kind") == 0 {
		return time.Duration(rapid.Int64().Draw(t, name))
	}
	return time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, name))
}

func drawPacer(t *rapid.T) Pacer {
	p := Arrivals{
		Process: Process(rapid.IntRange(0, int(ProcessClosed)).Draw(t, "process")),
		Rate:    drawRate(t, "rate"), To: drawRate(t, "to"), By: drawRate(t, "by"),
		Every: drawTime(t, "every"), Size: rapid.IntRange(0, 1000).Draw(t, "size"),
	}.Pacer(drawTime(t, "over"), rapid.Uint64().Draw(t, "seed"))
	if rapid.IntRange(0, 3).Draw(t, "part") == 0 {
		p = Part(p, rapid.IntRange(0, 4).Draw(t, "i"), rapid.IntRange(1, 4).Draw(t, "n"))
	}
	return p
}

// The two promises of Pacer, for every process and all values of the fields.
func TestPacersKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPacer(t)
		until := drawTime(t, "until")
		n := p.Count(until)
		if n < 0 || until <= 0 && n != 0 {
			t.Fatalf("%+v: Count(%d) = %d", p, until, n)
		}
		if n > 0 {
			if at := p.At(n - 1); at >= until {
				t.Fatalf("%+v: Count(%d) = %d, and At(%d) = %d", p, until, n, n-1, at)
			}
		}
		if at := p.At(n); n < math.MaxInt64 && at < until {
			t.Fatalf("%+v: Count(%d) = %d, and At(%d) = %d", p, until, n, n, at)
		}
		k := rapid.Int64().Draw(t, "k")
		if n > 0 && rapid.Bool().Draw(t, "near") {
			k = rapid.Int64Range(0, n-1).Draw(t, "kNear")
		}
		a, b := p.At(k), p.At(max(k, k+1))
		if a < 0 || b < a {
			t.Fatalf("%+v: At(%d) = %d, At(%d) = %d", p, k, a, k+1, b)
		}
		if a < Never {
			if n := p.Count(a + 1); n <= k && n < math.MaxInt64 {
				t.Fatalf("%+v: At(%d) = %d, and Count(%d) = %d", p, k, a, a+1, n)
			}
		}
		if n := p.Count(a); n > max(k, 0) {
			t.Fatalf("%+v: At(%d) = %d, and Count(%d) = %d", p, k, a, a, n)
		}
	})
}

// n parts of a pacer add up to the whole, before every moment.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPacer(t)
		until := drawTime(t, "until")
		n := rapid.IntRange(1, 17).Draw(t, "parts")
		var sum int64
		for i := range n {
			sum += Part(p, i, n).Count(until)
		}
		if want := p.Count(until); sum != want && want != math.MaxInt64 {
			t.Fatalf("%+v: %d parts have %d arrivals before %v, and the whole %d", p, n, sum, until, want)
		}
	})
}

// expected is the number of arrivals expected until t, worked out with fractions.
func expected(p Pacer, t time.Duration) *big.Rat {
	ratio := func(r Rate) *big.Rat {
		count, per := r.ratio()
		return new(big.Rat).SetFrac(new(big.Int).SetUint64(count), new(big.Int).SetUint64(per))
	}
	at := func(d time.Duration) *big.Rat { return new(big.Rat).SetInt64(int64(d)) }
	mul := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	switch p := p.(type) {
	case Uniform:
		return mul(ratio(p.Rate), at(t))
	case Ramp:
		sum := mul(ratio(p.From), at(t))
		slope := new(big.Rat).Sub(ratio(p.To), ratio(p.From))
		slope.Quo(slope, at(2*p.Over))
		return sum.Add(sum, mul(slope, mul(at(t), at(t))))
	case Stairs:
		sum := new(big.Rat)
		rate := ratio(p.From)
		for t > 0 {
			if !p.To.Zero() && rate.Cmp(ratio(p.To)) > 0 {
				rate = ratio(p.To)
			}
			d := min(t, p.Every)
			sum.Add(sum, mul(rate, at(d)))
			rate = new(big.Rat).Add(rate, ratio(p.By))
			t -= d
		}
		return sum
	}
	return nil
}

// Counts are what fractions say, rounded up.
func TestCountsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := func(name string) Rate {
			return Rate{rapid.Uint64Range(0, 1e6).Draw(t, name), time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, name+"Per"))}
		}
		over := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "over"))
		for _, p := range []Pacer{
			Uniform{rate("rate")},
			Ramp{rate("from"), rate("to"), over},
			Stairs{rate("start"), rate("by"), over/time.Duration(rapid.IntRange(1, 30).Draw(t, "steps")) + 1, rate("top")},
		} {
			until := time.Duration(rapid.Int64Range(0, int64(over)).Draw(t, "until"))
			want := expected(p, until)
			n := new(big.Int).Add(want.Num(), new(big.Int).Sub(want.Denom(), big.NewInt(1)))
			if n.Quo(n, want.Denom()); n.Cmp(big.NewInt(p.Count(until))) != 0 {
				t.Fatalf("%+v: Count(%d) = %d, want %v", p, until, p.Count(until), n)
			}
		}
	})
}
