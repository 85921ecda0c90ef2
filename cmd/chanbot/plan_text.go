package main

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"chanbot/outcome"
	"chanbot/strategy"
)

// text writes the plan for people.
func (d *planDoc) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, d.Scenario)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	where := "on " + d.Node
	if d.Node == "embedded" {
		where = "on the embedded node"
	}
	line("pairs", "%d %s, %s, %s", d.Pairs, where, count(d.Sockets, "socket"), count(d.Accounts, "account"))
	setup := fmt.Sprintf("at most %d in flight", d.Setup.InFlight)
	if d.Setup.Rate != "" {
		setup = fmt.Sprintf("%s, %s, at least %v", d.Setup.Rate, setup, d.Setup.atLeast)
	}
	line("set-up", "%s", setup)
	for _, p := range d.Phases {
		line("phase", "%s", p.text())
	}
	switch {
	case len(d.Phases) > 0:
		line("arrivals", "%s", d.arrivalsText())
		line("time", "%v of load, at least %v with the set-ups", d.duration, d.atLeast)
	default:
		line("steps", "%d, %s", d.Steps, times(d.Iterations))
		least := ""
		if d.atLeast > 0 {
			least = fmt.Sprintf(", at least %v", d.atLeast)
		}
		line("time", "as long as the steps take%s", least)
	}
	most := ""
	if d.Channels.AtMost {
		most = "at most "
	}
	ends := strings.Join(nonZero(d.Channels.Closed, "closed", d.Channels.Locked, "stopped"), ", ")
	if ends != "" {
		ends = ": " + ends
	}
	line("channels", "%s%d%s", most, d.Channels.Opened, ends)

	fmt.Fprintln(&b)
	row := func(name, initiator, responder string) {
		fmt.Fprintf(&b, "  %-32s %22s %22s\n", name, initiator, responder)
	}
	row("coins of each account, in aettos", "initiator", "responder")
	for _, r := range []struct {
		name string
		of   func(*planAccount) string
	}{
		{"into a channel", func(a *planAccount) string { return a.Channel.String() }},
		{"fees", func(a *planAccount) string { return a.Fees.String() }},
		{"needed for all", func(a *planAccount) string { return a.Needed.String() }},
		{"come back", func(a *planAccount) string { return a.Back.String() }},
		{"stay locked", func(a *planAccount) string { return a.Locked.String() }},
		{"nonces", func(a *planAccount) string { return strconv.Itoa(a.Nonces) }},
	} {
		row("  "+r.name, r.of(&d.Initiator), r.of(&d.Responder))
	}
	if len(d.Notes) > 0 {
		fmt.Fprintln(&b)
		for _, n := range d.Notes {
			fmt.Fprintln(&b, "note: "+n)
		}
	}
	return b.String()
}

// arrivalsText says how many operations become due. In the closed model that is
// for the node to decide.
func (d *planDoc) arrivalsText() string {
	closed := 0
	for _, p := range d.Phases {
		if p.Closed {
			closed++
		}
	}
	text := strconv.FormatInt(d.Arrivals, 10)
	if d.Warmup > 0 {
		text += fmt.Sprintf(", and %d in warm-ups", d.Warmup)
	}
	switch {
	case closed == len(d.Phases):
		return "as many as the channels get done"
	case closed > 0:
		text += ", and as many as the channels get done in the closed model"
	}
	return text
}

func (p *planPhase) text() string {
	text := p.Name + ": " + p.Arrivals
	if p.Closed {
		text += fmt.Sprintf(", for %v", p.duration)
	} else {
		text += fmt.Sprintf(", %d in %v", p.Count, p.duration)
	}
	switch {
	case p.warmup > 0 && p.Closed:
		text += fmt.Sprintf(" after a warm-up of %v", p.warmup)
	case p.warmup > 0:
		text += fmt.Sprintf(" after %d in a warm-up of %v", p.InWarmup, p.warmup)
	}
	return text
}

// times writes "once", "3 times".
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func nonZero(a int, of string, b int, ob string) (parts []string) {
	if a > 0 {
		parts = append(parts, fmt.Sprintf("%d %s", a, of))
	}
	if b > 0 {
		parts = append(parts, fmt.Sprintf("%d %s", b, ob))
	}
	return parts
}

// planNotes adds what limits the run meets, and what the numbers leave out.
func (s *settings) planNotes(d *planDoc, sc *strategy.Scenario, use *chainUse) {
	note := func(format string, args ...any) { d.Notes = append(d.Notes, fmt.Sprintf(format, args...)) }
	each, sides := 2, "both sides of a channel"
	if !s.embedded && s.urls[0] != s.urls[1] {
		each, sides = 1, "one side of each channel"
	}
	if n := each * d.Pairs; n > usualChannels {
		note("%d channel machines on a node that serves %s; real nodes take %d unless channels.max_count says more", n, sides, usualChannels)
	}
	if n := each * d.Sockets / 2; n > usualSockets {
		note("%d sockets on a node; real nodes take %d unless their web server is told otherwise", n, usualSockets)
	}
	if d.Setup.InFlight > runsAtOnce {
		note("%d set-ups in flight; real nodes have %d slots, let 5 more wait and close the others without a frame", d.Setup.InFlight, runsAtOnce)
	}
	if sc.Load != nil && sc.Load.Setup.Rate.Zero() && d.Pairs > runsAtOnce {
		note("the set-ups have no rate; they are paced by their limit in flight alone")
	}
	limit, known := descriptors()
	if err := s.enoughSockets(d.Sockets/2, sc.Load != nil, limit, known); err != nil {
		note("%v", err)
	}
	for _, p := range d.Phases {
		// The most is what one channel of a real node was seen to do.
		if each := float64(p.Count) / p.duration.Seconds() / float64(max(d.Pairs, 1)); each > channelRate {
			note("%s: %.0f operations a second for each channel on average; a real node was seen to do %d on one channel", p.Name, each, channelRate)
		}
	}
	if sc.Load != nil && sc.Load.Teardown == strategy.TeardownDefault {
		note("the load says no teardown; closing by mutual consent is meant")
	}
	if d.Locked.Int != nil && d.Locked.Sign() > 0 {
		if s.embedded {
			note("channels that are stopped keep %s aettos in all, on a chain that ends with the run", d.Locked)
		} else {
			note("channels that are stopped keep %s aettos in all locked on the chain", d.Locked)
		}
	}
	if d.Channels.Opened > 0 {
		note("fees are those at a gas price of %s where the scenario says no other; what comes back or stays locked is without what operations move", d.GasPrice)
	}
	if s.accounts == "" && !s.embedded {
		note("the accounts are made from --seed %d, which only networks ae_dev and local_* allow", s.seed)
	}
	for _, why := range use.doubts {
		note("%s", why)
	}
	for _, r := range outcome.Roles {
		if a := d.account(r); s.embedded && a.Needed.Cmp(plenty) > 0 {
			note("the %s of each pair needs more than the %s aettos that accounts of the embedded node have", r, new(big.Int).Set(plenty))
		}
	}
}

// channelRate is how many updates a second one channel of a real node was seen
// to do, in one direction.
const channelRate = 72
