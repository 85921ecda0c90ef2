package metrics

import (
	"testing/synctest"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// The stages of the run that play plays, and when something of each can be seen.
const (
	setupTook, warmupTook, steadyTook, burstTook, drainTook, teardownTook = 4 * time.Second, 4 * time.Second, 20 * time.Second, 10 * time.Second, 2 * time.Second, 2 * time.Second

	loadTook  = warmupTook + steadyTook + burstTook
	drainAt   = setupTook + loadTook
	teardown  = drainAt + drainTook
	playTook  = teardown + teardownTook
	playPairs = 200
)

// play plays a run of 200 pairs on the clock of a bubble and calls each every
// 100 ms. Set-ups take half a second; after that a transfer is due every 10 ms,
// takes 2 to 11 ms and is 1 ms late, and some end badly.
func play(run *Run, g *Gauge, each func(now time.Duration)) {
	started := time.Now()
	g.Begin(playPairs)
	g.Sockets.Store(2 * playPairs)
	opened := 0
	op := 0
	record := func(now time.Duration, r results.OperationRecord) {
		r.Due, r.Done = now-(r.Done-r.Due), now
		s := run.Shard(op)
		s.Begin(r.Operation, r.Phase, r.Warmup)
		s.Record(&r)
		s.Late(time.Millisecond, false)
		op++
	}
	time.Sleep(30 * time.Millisecond) // the moments of the view are others
	for at := time.Duration(0); at < playTook; at += 100 * time.Millisecond {
		now := time.Since(started)
		switch {
		case at < setupTook:
			for range 5 {
				opened++
				if opened%50 == 0 {
					g.Lost.Add(1)
				} else {
					g.Open.Add(1)
				}
				record(now, results.OperationRecord{Operation: outcome.Open, Sent: now - 500*time.Millisecond, Done: 500 * time.Millisecond, Outcome: outcome.Outcome{Kind: outcome.Signed}})
			}
			g.Opening.Store(int64(min(10, playPairs-opened)))
		case at < drainAt:
			p := PhaseProgress{Name: "steady", Number: 1, Of: 2, Start: setupTook + 30*time.Millisecond, Length: warmupTook, Warmup: true}
			if at >= setupTook+warmupTook {
				p = PhaseProgress{Name: "steady", Number: 1, Of: 2, Start: setupTook + warmupTook + 30*time.Millisecond, Length: steadyTook}
			}
			if at >= drainAt-burstTook {
				p = PhaseProgress{Name: "a-burst-of-transfers", Number: 2, Of: 2, Start: drainAt - burstTook + 30*time.Millisecond, Length: burstTook}
			}
			g.Enter(StageLoad)
			g.EnterPhase(p)
			g.Waiting.Store(12)
			g.Busy.Store(44)
			for n := range 10 {
				took := time.Duration(2+n) * time.Millisecond
				r := results.OperationRecord{Operation: outcome.Transfer, Phase: p.Name, Warmup: p.Warmup, Sent: now - took + time.Millisecond, Done: took, Outcome: outcome.Outcome{Kind: outcome.Signed}}
				switch {
				case op%97 == 0:
					r.Outcome = outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode}
				case op%111 == 0:
					r.Operation, r.Outcome = outcome.Message, outcome.Outcome{Kind: outcome.Done}
				case p.Number == 2 && op%313 == 0:
					r.Outcome = outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByNode}
				case p.Number == 2 && op%631 == 0:
					r.Outcome = outcome.Outcome{Kind: outcome.Died}
				}
				record(now, r)
			}
			if at == drainAt-5*time.Second {
				run.Violation(results.Violation{Rule: "both sides hold the same co-signed state"})
			}
		case at < teardown:
			g.Enter(StageDrain)
			left := int64(56 - 3*(at-drainAt)/(100*time.Millisecond))
			g.Waiting.Store(max(0, left-44))
			g.Busy.Store(min(44, max(0, left)))
		default:
			g.Enter(StageTeardown)
			g.Waiting.Store(0)
			g.Busy.Store(0)
			g.Open.Add(-8)
		}
		if at%time.Second == 500*time.Millisecond {
			run.Tick(now)
		}
		if each != nil {
			synctest.Wait()
			each(at)
		}
		time.Sleep(100 * time.Millisecond)
	}
	g.Enter(StageOver)
}
