package strategy

import (
	"testing"
	"time"
)

// The example of the manual, worked out.
func TestPlanOfALoad(t *testing.T) {
	sc, problems := Parse("load.yaml", []byte(`
chanbot: 1
name: mixed-load
load:
  pairs: 200
  setup: {rate: 20/s, in_flight: 10}
  phases:
    - name: steady
      arrivals: {rate: 400/s, process: poisson}
      warmup: 10s
      duration: 60s
      mix:
        - {weight: 90, do: {initiator: {transfer: 1}}}
        - {weight: 10, do: {responder: {transfer: 1}}}
    - arrivals: {step: {from: 0.5/s, by: 0.5/s, every: 10s, to: 1/s}}
      duration: 30s
      mix: [{weight: 1, do: {initiator: ping}}]
`), Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	sched, err := sc.Load.Plan(1).Schedule()
	if err != nil {
		t.Fatal(err)
	}
	if sched.Length() != 100*time.Second || sched.Total() != 28_000+5+20 || sched.Count(10*time.Second) != 4_000 {
		t.Errorf("%v, %d arrivals, %d of them in the warm-up", sched.Length(), sched.Total(), sched.Count(10*time.Second))
	}
	if got := sc.Load.Setup.Least(sc.Load.Pairs); got != 9950*time.Millisecond {
		t.Errorf("set-ups take %v at least", got)
	}
	counts := [2]int{}
	mix := sc.Load.Phases[0].Weights()
	for k := range int64(10_000) {
		counts[mix.Of(1, k)]++
	}
	if counts[1] < 800 || counts[1] > 1200 {
		t.Errorf("%v of 10,000 arrivals for weights of 90 and 10", counts)
	}
}

// A rate that a nanosecond count cannot hold is none.
func TestRatesBeyondTimes(t *testing.T) {
	if r, ok := parseRate("0.000001/24h"); ok {
		t.Errorf("got %v", r)
	}
	if r, ok := parseRate("0.000001/2h"); !ok || r.Per != 2_000_000*time.Hour {
		t.Errorf("got %v, %v", r, ok)
	}
}
