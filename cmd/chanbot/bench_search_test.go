package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chanbot/results"
)

// usual is the search of chanbot bench without flags.
func usual() results.BenchSearch {
	return results.BenchSearch{FromPerS: 100, Growth: 2, Resolution: .05, Confirm: 3, MaxSteps: 40, LeastPerS: 20}
}

// synthetic is a node that holds rates up to its capacity, and a generator that
// makes rates up to its own.
type synthetic struct {
	capacity, generator float64
	noise               float64    // the capacity of a step is off by so much, as a part of it
	disturbed           float64    // how many steps break for no reason of the rate
	rng                 *rand.Rand // nil without noise
}

func (n synthetic) step(rate float64) results.StepVerdict {
	capacity := n.capacity
	if n.rng != nil {
		capacity *= 1 + n.noise*n.rng.NormFloat64()
		if n.rng.Float64() < n.disturbed {
			return results.StepBroke
		}
	}
	switch {
	case n.generator > 0 && rate > n.generator:
		return results.StepInvalid
	case rate > capacity:
		return results.StepBroke
	}
	return results.StepHeld
}

// played is a trial and what came of it.
type played struct {
	trial
	verdict results.StepVerdict
}

func (p played) String() string {
	again := ""
	if p.again {
		again = " again"
	}
	return fmt.Sprintf("%s %g%s: %s", p.stage, p.rate, again, p.verdict)
}

func play(s *search, step func(rate float64) results.StepVerdict) (all []played) {
	for t, ok := s.next(); ok; t, ok = s.next() {
		v := step(t.rate)
		all = append(all, played{t, v})
		s.took(v)
		if len(all) > 1000 {
			break
		}
	}
	return all
}

func TestSearch(t *testing.T) {
	for name, c := range map[string]struct {
		plan  func(*results.BenchSearch)
		step  func(rate float64) results.StepVerdict
		want  string
		rate  float64
		sure  bool
		limit results.BenchLimit
	}{
		"up, between, and again": {
			step: synthetic{capacity: 1000}.step,
			want: `ladder 100: held
ladder 200: held
ladder 400: held
ladder 800: held
ladder 1600: broke
ladder 1600 again: broke
bisect 1130: broke
bisect 1130 again: broke
bisect 950: held
bisect 1040: broke
bisect 1040 again: broke
bisect 990: held
confirm 990: held
confirm 990: held
confirm 990: held`,
			rate: 990, sure: true, limit: results.LimitNode,
		},
		"down from a rate that is too high": {
			plan: func(p *results.BenchSearch) { p.FromPerS, p.Confirm = 400, 1 },
			step: synthetic{capacity: 130}.step,
			want: `ladder 400: broke
ladder 400 again: broke
ladder 200: broke
ladder 200 again: broke
ladder 100: held
bisect 141: broke
bisect 141 again: broke
bisect 119: held
bisect 130: held
bisect 135: broke
bisect 135 again: broke
confirm 130: held`,
			rate: 130, sure: true, limit: results.LimitNode,
		},
		"nothing can be judged below": {
			plan: func(p *results.BenchSearch) { p.FromPerS = 50 },
			step: synthetic{capacity: 1}.step,
			want: `ladder 50: broke
ladder 50 again: broke
ladder 25: broke
ladder 25 again: broke`,
			limit: results.LimitNode,
		},
		"no further than allowed": {
			plan: func(p *results.BenchSearch) { p.ToPerS, p.Confirm = 250, 2 },
			step: synthetic{capacity: 1000}.step,
			want: `ladder 100: held
ladder 200: held
ladder 250: held
confirm 250: held
confirm 250: held`,
			rate: 250, sure: true, limit: results.LimitTo,
		},
		"one rate, once": {
			plan: func(p *results.BenchSearch) { p.FromPerS, p.ToPerS, p.Confirm = 250, 250, 0 },
			step: synthetic{capacity: 1000}.step,
			want: `ladder 250: held`,
			rate: 250, limit: results.LimitTo,
		},
		"a disturbance does not end the ladder": {
			plan: func(p *results.BenchSearch) { p.ToPerS, p.Confirm = 400, 1 },
			step: func() func(float64) results.StepVerdict {
				n := 0
				return func(float64) results.StepVerdict {
					if n++; n == 2 {
						return results.StepBroke
					}
					return results.StepHeld
				}
			}(),
			want: `ladder 100: held
ladder 200: broke
ladder 200 again: held
ladder 400: held
confirm 400: held`,
			rate: 400, sure: true, limit: results.LimitTo,
		},
		"the generator is the limit": {
			plan: func(p *results.BenchSearch) { p.Resolution, p.Confirm = .5, 1 },
			step: synthetic{capacity: 1e6, generator: 300}.step,
			want: `ladder 100: held
ladder 200: held
ladder 400: invalid
ladder 400 again: invalid
bisect 280: held
confirm 280: held`,
			rate: 280, sure: true, limit: results.LimitGenerator,
		},
		"the generator was the limit once, and the node is": {
			plan: func(p *results.BenchSearch) { p.Resolution, p.Confirm = .5, 1 },
			step: synthetic{capacity: 250, generator: 300}.step,
			want: `ladder 100: held
ladder 200: held
ladder 400: invalid
ladder 400 again: invalid
bisect 280: broke
bisect 280 again: broke
confirm 200: held`,
			rate: 200, sure: true, limit: results.LimitNode,
		},
		"what broke was measured, whatever comes then": {
			plan: func(p *results.BenchSearch) { p.Resolution, p.Confirm = 1, 0 },
			step: func() func(float64) results.StepVerdict {
				all := []results.StepVerdict{results.StepHeld, results.StepBroke, results.StepInvalid}
				return func(float64) results.StepVerdict { v := all[0]; all = all[1:]; return v }
			}(),
			want: `ladder 100: held
ladder 200: broke
ladder 200 again: invalid`,
			rate: 100, limit: results.LimitNode,
		},
		"a rate that does not hold again": {
			plan: func(p *results.BenchSearch) { p.ToPerS, p.Confirm = 400, 2 },
			step: func() func(float64) results.StepVerdict {
				n := 0
				return func(rate float64) results.StepVerdict {
					if n++; n > 3 && rate > 370 {
						return results.StepBroke
					}
					return results.StepHeld
				}
			}(),
			want: `ladder 100: held
ladder 200: held
ladder 400: held
confirm 400: broke
confirm 381: broke
confirm 346: held
confirm 346: held`,
			rate: 346, sure: true, limit: results.LimitNode,
		},
		"nothing to be measured": {
			step: func(rate float64) results.StepVerdict {
				if rate > 100 {
					return results.StepUnusable
				}
				return results.StepHeld
			},
			want: `ladder 100: held
ladder 200: unusable
ladder 200 again: unusable`,
			rate: 100, limit: results.LimitUnusable,
		},
		"interrupted": {
			step: func(rate float64) results.StepVerdict {
				if rate > 300 {
					return results.StepInterrupted
				}
				return results.StepHeld
			},
			want: `ladder 100: held
ladder 200: held
ladder 400: interrupted`,
			rate: 200, limit: results.LimitInterrupted,
		},
		"steps are kept for confirming": {
			plan: func(p *results.BenchSearch) { p.MaxSteps = 6 },
			step: synthetic{capacity: 1e9}.step,
			want: `ladder 100: held
ladder 200: held
ladder 400: held
confirm 400: held
confirm 400: held
confirm 400: held`,
			rate: 400, sure: true, limit: results.LimitSteps,
		},
		"no steps are left": {
			plan: func(p *results.BenchSearch) { p.MaxSteps = 4 },
			step: synthetic{capacity: 150}.step,
			want: `ladder 100: held
confirm 100: held
confirm 100: held
confirm 100: held`,
			rate: 100, sure: true, limit: results.LimitSteps,
		},
		"less than one a second": {
			plan: func(p *results.BenchSearch) {
				p.FromPerS, p.LeastPerS, p.Confirm = .5, .01, 1
			},
			step: synthetic{capacity: .3}.step,
			want: `ladder 0.5: broke
ladder 0.5 again: broke
ladder 0.25: held
bisect 0.354: broke
bisect 0.354 again: broke
bisect 0.297: held
bisect 0.324: broke
bisect 0.324 again: broke
bisect 0.31: broke
bisect 0.31 again: broke
confirm 0.297: held`,
			rate: .297, sure: true, limit: results.LimitNode,
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan := usual()
			if c.plan != nil {
				c.plan(&plan)
			}
			s := newSearch(plan)
			var lines []string
			for _, p := range play(s, c.step) {
				lines = append(lines, p.String())
			}
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Errorf("steps:\n%s\n\nwant:\n%s", got, c.want)
			}
			if rate, sure := s.result(); rate != c.rate || sure != c.sure {
				t.Errorf("%g, confirmed %v; want %g, %v", rate, sure, c.rate, c.sure)
			}
			if got := s.limit(); got != c.limit {
				t.Errorf("limit %q, want %q", got, c.limit)
			}
		})
	}
}

// TestSearchProperties: whatever the node is like, the search ends, stays within
// its bounds, and what it says is what it has seen.
func TestSearchProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := usual()
		plan.FromPerS = math.Round(rapid.Float64Range(1, 5000).Draw(t, "from"))
		plan.LeastPerS = rapid.Float64Range(.1, plan.FromPerS).Draw(t, "least")
		plan.Growth = rapid.Float64Range(1.5, 2).Draw(t, "growth")
		plan.Resolution = rapid.SampledFrom([]float64{.01, .05, .1, .3}).Draw(t, "resolution")
		plan.Confirm = rapid.IntRange(0, 4).Draw(t, "confirm")
		plan.MaxSteps = rapid.IntRange(1, 80).Draw(t, "steps")
		if rapid.Bool().Draw(t, "bounded") {
			plan.ToPerS = math.Round(rapid.Float64Range(plan.FromPerS, 20000).Draw(t, "to"))
		}
		seed := rapid.Uint64().Draw(t, "seed")
		node := synthetic{
			capacity: rapid.Float64Range(.05, 20000).Draw(t, "capacity"), generator: rapid.Float64Range(.05, 40000).Draw(t, "generator"),
			noise: rapid.Float64Range(0, .2).Draw(t, "noise"), disturbed: rapid.Float64Range(0, .3).Draw(t, "disturbed"),
			rng: rand.New(rand.NewPCG(seed, 1)),
		}
		s := newSearch(plan)
		all := play(s, node.step)

		if len(all) > plan.MaxSteps {
			t.Fatalf("%d steps of %d: %v", len(all), plan.MaxSteps, all)
		}
		held := 0.0
		broken := map[float64]int{}
		for i, p := range all {
			most := plan.FromPerS
			if held > 0 {
				most = max(most, plan.Growth*held)
			}
			if p.rate > most+s.grain(most) || plan.ToPerS > 0 && p.rate > plan.ToPerS {
				t.Fatalf("step %d loads with %g, and %g held so far: %v", i+1, p.rate, held, all)
			}
			if p.rate < plan.LeastPerS {
				t.Fatalf("step %d loads with %g, less than %g", i+1, p.rate, plan.LeastPerS)
			}
			if p.again && (i == 0 || all[i-1].rate != p.rate || all[i-1].verdict == results.StepHeld) {
				t.Fatalf("step %d is not tried again: %v", i+1, all)
			}
			if p.verdict == results.StepHeld {
				held = max(held, p.rate)
			} else if broken[p.rate]++; broken[p.rate] > 4 {
				t.Fatalf("%g is tried for ever: %v", p.rate, all)
			}
		}
		rate, sure := s.result()
		if rate > 0 && !slices.ContainsFunc(all, func(p played) bool { return p.rate == rate && p.verdict == results.StepHeld }) {
			t.Fatalf("%g is the result and never held: %v", rate, all)
		}
		if !sure {
			return
		}
		n := 0
		for i := len(all) - 1; i >= 0 && all[i].rate == rate && all[i].stage == results.BenchConfirm; i-- {
			if all[i].verdict == results.StepHeld {
				n++
			}
		}
		if n < plan.Confirm {
			t.Fatalf("%g was confirmed %d times of %d: %v", rate, n, plan.Confirm, all)
		}
		if s.high > 0 && rate >= s.high {
			t.Fatalf("%g is the result, and %g did not hold: %v", rate, s.high, all)
		}
	})
}

// Without noise the result is the capacity, within the resolution.
func TestSearchFindsTheCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := usual()
		plan.FromPerS = math.Round(rapid.Float64Range(30, 5000).Draw(t, "from"))
		plan.Resolution = rapid.SampledFrom([]float64{.01, .02, .05, .1, .3}).Draw(t, "resolution")
		plan.MaxSteps = 100
		node := synthetic{capacity: rapid.Float64Range(60, 1e6).Draw(t, "capacity")}
		s := newSearch(plan)
		all := play(s, node.step)
		rate, sure := s.result()
		if !sure || rate > node.capacity || rate*(1+plan.Resolution)+s.grain(rate) < node.capacity || s.limit() != results.LimitNode {
			t.Fatalf("%g, confirmed %v, limit %s: %v", rate, sure, s.limit(), all)
		}
		// One for each rung, two for the one that breaks, and two for each halving.
		most := int(math.Abs(math.Log2(node.capacity/plan.FromPerS))+2)*2 + 2*int(math.Ceil(math.Log2(math.Log(2)/math.Log1p(plan.Resolution)))+1) + plan.Confirm
		if len(all) > most {
			t.Fatalf("%d steps, at most %d: %v", len(all), most, all)
		}
		lo, hi := 0.0, math.Inf(1)
		for _, p := range all {
			switch {
			case p.rate < lo || p.rate > hi:
				t.Fatalf("%g was tried, and it was known to be between %g and %g: %v", p.rate, lo, hi, all)
			case p.verdict == results.StepHeld:
				lo = p.rate
			case p.again:
				hi = p.rate
			}
		}
	})
}

// With noise it is near, and never above what holds at least now and then.
func TestSearchOfANoisyNode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var off []float64
	for range 200 {
		node := synthetic{capacity: 1000, noise: .03, disturbed: .03, rng: rng}
		s := newSearch(usual())
		play(s, node.step)
		rate, sure := s.result()
		if !sure {
			t.Errorf("nothing was confirmed: %g, %s", rate, s.limit())
			continue
		}
		off = append(off, rate/node.capacity)
	}
	slices.Sort(off)
	if low, mid, high := off[len(off)/10], off[len(off)/2], off[len(off)-1]; low < .8 || mid < .9 || mid > 1.02 || high > 1.1 {
		t.Errorf("the capacity times %.2f (1 of 10), %.2f (half), %.2f (highest)", low, mid, high)
	}
}
