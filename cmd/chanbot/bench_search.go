package main

import (
	"math"

	"chanbot/results"
)

// search looks for the highest rate that holds. It is a plain value: next says
// which rate is to be tried, took is told what came of it. It knows no node, no
// clock and no randomness.
//
// First it goes up a ladder, from rung to rung, until a rate does not hold, or
// down it when the first one does not. Then it bisects between the highest rate
// that held and the lowest that did not. Then the best rate has to hold several
// times in a row; when it does not, the search goes down and confirms there.
//
// A rate that does not hold while the search is on its way is tried once more,
// because a disturbance would end the ladder too early; when confirming, that
// is so for what says nothing about the node.
type search struct {
	plan results.BenchSearch

	now  trial // what is to be tried
	over bool
	end  results.BenchLimit // why it is over, when that is not told by the rates

	steps int
	low   float64             // the rate to build on; 0 before there is one
	high  float64             // the lowest rate that did not hold; 0 before there is one
	why   results.StepVerdict // of high
	broke bool                // the try before the present one was valid, and broke
	holds []float64           // all rates that held

	held  int // confirmations in a row
	falls int // confirmations that failed
}

// trial is one rate that is to be tried.
type trial struct {
	stage results.BenchStage
	rate  float64
	again bool // it did not hold right before
	run   int  // of the confirmations in a row, from 1
}

func newSearch(plan results.BenchSearch) *search {
	s := &search{plan: plan}
	s.try(results.BenchLadder, plan.FromPerS)
	return s
}

// next returns what is to be tried; ok is false when the search is over.
func (s *search) next() (t trial, ok bool) { return s.now, !s.over }

func (s *search) try(stage results.BenchStage, rate float64) {
	s.now, s.broke = trial{stage: stage, rate: rate}, false
	if stage == results.BenchConfirm {
		s.now.run = s.held + 1
	}
}

func (s *search) stop(why results.BenchLimit) { s.over, s.end = true, why }

// left is how many steps may still be made.
func (s *search) left() int { return s.plan.MaxSteps - s.steps }

// took tells what came of the present trial.
func (s *search) took(v results.StepVerdict) {
	if s.over {
		return
	}
	s.steps++
	switch {
	case v == results.StepInterrupted:
		s.stop(results.LimitInterrupted)
		return
	case v != results.StepHeld && !s.now.again && (s.now.stage != results.BenchConfirm || v != results.StepBroke):
		s.now.again, s.broke = true, v == results.StepBroke
	case v == results.StepUnusable && !s.broke:
		s.stop(results.LimitUnusable)
		return
	default:
		if v != results.StepHeld && s.broke {
			v = results.StepBroke
		}
		s.judge(v)
	}
	if !s.over && s.left() <= 0 {
		s.stop(results.LimitSteps)
	}
}

// judge decides what comes after a rate that held, or did not for good.
func (s *search) judge(v results.StepVerdict) {
	rate, stage := s.now.rate, s.now.stage
	if v != results.StepHeld {
		s.high, s.why = rate, v
	} else {
		s.low = rate
		s.holds = append(s.holds, rate)
	}
	switch {
	case stage == results.BenchConfirm && v == results.StepHeld:
		if s.held++; s.held == s.plan.Confirm {
			s.stop("")
			return
		}
		s.try(stage, rate)
	case stage == results.BenchConfirm:
		s.falls++
		s.held = 0
		s.down(results.BenchConfirm, rate/(1+s.plan.Resolution*float64(s.falls)))
	case s.low == 0:
		s.down(stage, rate/s.plan.Growth)
	case s.high > 0:
		s.bisect()
	case s.plan.ToPerS > 0 && rate >= s.plan.ToPerS:
		s.confirm()
	case s.left() <= s.plan.Confirm:
		s.confirm()
	default:
		s.up(rate)
	}
}

// up goes to the next rung of the ladder.
func (s *search) up(rate float64) {
	next := max(s.round(rate*s.plan.Growth), s.above(rate))
	if s.plan.ToPerS > 0 {
		next = min(next, s.plan.ToPerS)
	}
	s.try(results.BenchLadder, next)
}

// down goes to a rate below the present one, if there is any that can be judged.
func (s *search) down(stage results.BenchStage, rate float64) {
	if rate = min(s.round(rate), s.below(s.now.rate)); rate < s.plan.LeastPerS || rate <= 0 {
		s.stop("")
		return
	}
	s.try(stage, rate)
}

// bisect goes between the rate that held and the one that did not, until they
// are near enough.
func (s *search) bisect() {
	mid := s.round(math.Sqrt(s.low * s.high))
	if s.high <= s.low*(1+s.plan.Resolution)+s.grain(s.low) || mid <= s.low || mid >= s.high || s.left() <= s.plan.Confirm {
		s.confirm()
		return
	}
	s.try(results.BenchBisect, mid)
}

func (s *search) confirm() {
	if s.held = 0; s.plan.Confirm == 0 {
		s.stop("")
		return
	}
	s.try(results.BenchConfirm, s.low)
}

// grain is the step between two rates that are told apart: a power of ten well
// below the resolution, so that rates are round.
func (s *search) grain(rate float64) float64 {
	return math.Pow10(int(math.Floor(math.Log10(rate * s.plan.Resolution / 2))))
}

func (s *search) round(rate float64) float64 { return roundTo(rate, s.grain(rate)) }
func (s *search) above(rate float64) float64 { return roundTo(rate+s.grain(rate), s.grain(rate)) }
func (s *search) below(rate float64) float64 { return roundTo(rate-s.grain(rate), s.grain(rate)) }

// roundTo rounds to whole grains, without the digits that a power of ten below 1
// would leave.
func roundTo(rate, grain float64) float64 {
	if grain < 1 {
		per := math.Round(1 / grain)
		return math.Round(rate*per) / per
	}
	return math.Round(rate/grain) * grain
}

// result returns the highest rate that held below those that did not, 0 when
// there is none, and whether it was confirmed.
func (s *search) result() (rate float64, confirmed bool) {
	for _, r := range s.holds {
		if s.high == 0 || r < s.high {
			rate = max(rate, r)
		}
	}
	if s.plan.Confirm > 0 && s.held == s.plan.Confirm {
		return s.now.rate, true
	}
	return rate, false
}

// limit returns why there is no higher rate.
func (s *search) limit() results.BenchLimit {
	switch {
	case s.end != "":
		return s.end
	case s.high > 0 && s.why == results.StepBroke:
		return results.LimitNode
	case s.high > 0 && s.why == results.StepUnusable:
		return results.LimitUnusable
	case s.high > 0:
		return results.LimitGenerator
	case s.plan.ToPerS > 0 && s.low >= s.plan.ToPerS:
		return results.LimitTo
	}
	return results.LimitSteps
}
