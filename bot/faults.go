package bot

import (
	"math"

	"chanbot/fault"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// Faults on the way: the connections of a run go through a proxy if its scenario
// has any.

// newProxy returns the proxy for the faults of the scenario, nil without any.
func (f *fleet) newProxy() (*fault.Proxy, error) {
	faults := f.cfg.Scenario.Faults
	if len(faults) == 0 {
		return nil, nil
	}
	rules := make([]fault.Rule, len(faults))
	for i := range faults {
		rules[i] = ruleOf(&faults[i])
	}
	return fault.New(fault.Config{Rules: rules, Seed: f.cfg.Seed, Now: f.now, Report: f.faulted})
}

// How scenarios spell the actions, damages and endings of package fault, in
// their order.
var (
	damageWords = []string{"byte", "truncate", "garbage"}
	endingWords = []string{"reset", "close", "half"}
)

func indexOf(words []string, word string) int {
	for i, w := range words {
		if w == word {
			return i
		}
	}
	return 0
}

// ruleOf translates a fault of the language.
func ruleOf(f *strategy.Fault) fault.Rule {
	r := fault.Rule{
		Do: fault.Action(indexOf(strategy.FaultActions(), f.Do)), For: f.For, Most: f.Most, Rate: f.Rate,
		Role: f.Role, Share: float64(f.Share) / 100_000_000, After: f.After, Until: f.Until,
	}
	switch r.Do {
	case fault.Corrupt:
		r.Damage = fault.Damage(indexOf(damageWords, f.How))
	case fault.Cut:
		r.Ending = fault.Ending(indexOf(endingWords, f.How))
	}
	switch {
	case f.In && !f.Out:
		r.Direction = fault.In
	case f.Out && !f.In:
		r.Direction = fault.Out
	}
	for _, name := range f.Frames {
		r.Frames = append(r.Frames, name.Name)
	}
	if f.Nth != nil {
		for _, span := range f.Nth.Ranges {
			s := fault.Span{Not: span.Not}
			if span.Min != nil {
				s.Min = math.MaxUint64
				if span.Min.IsUint64() {
					s.Min = span.Min.Uint64()
				}
			}
			if span.Max != nil && span.Max.IsUint64() {
				s.Max = span.Max.Uint64()
			}
			if span.Max != nil && span.Max.Sign() <= 0 {
				s = fault.Span{Min: math.MaxUint64} // there is no such number
			}
			r.Nth = append(r.Nth, s)
		}
	}
	return r
}

// distorts tells whether a fault changes what a side sees or the node hears. A
// stall for ever loses what is behind it.
func (f *fleet) distorts(e fault.Event) bool {
	switch e.Do {
	case fault.Drop, fault.Double, fault.Reorder, fault.Corrupt:
		return true
	case fault.Stall:
		return f.cfg.Scenario.Faults[e.Rule].For == 0
	}
	return false
}

// faulted notes what was done to a frame. It is called by whoever reads or
// writes the connection, without the lock.
func (f *fleet) faulted(e fault.Event) {
	p := f.pairs[e.Pair]
	way := " from the node"
	if e.Direction == fault.Out {
		way = " to the node"
	}
	text := "fault: " + e.Do.String() + " " + e.Frame + way
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	p.mu.Lock() // not lock: unlock would write, and the caller may be writing
	p.record(e.T, e.Role.String(), results.DirNote, []byte(text), false)
	if f.distorts(e) {
		for _, r := range outcome.Roles {
			p.first(r).distorted = true
		}
	}
	p.mu.Unlock()
	if f.cfg.Faults != nil {
		f.cfg.Faults(e)
	}
}
