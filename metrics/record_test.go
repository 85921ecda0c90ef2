package metrics

import (
	"math/rand/v2"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// draw fills r with a plausible operation, the nth of a run of 200 pairs.
func draw(rng *rand.Rand, n int, r *results.OperationRecord) {
	due := time.Duration(n)*time.Millisecond + time.Duration(rng.IntN(200_000))
	sent := due
	if rng.IntN(4) == 0 {
		sent += time.Duration(rng.ExpFloat64() * 3e5)
	}
	took := 700*time.Microsecond + time.Duration(rng.ExpFloat64()*9e5)
	*r = results.OperationRecord{
		Due: due, Sent: sent, Done: sent + took, Pair: rng.IntN(200), Role: outcome.Initiator,
		Operation: outcome.Transfer, Phase: "steady",
		Outcome: outcome.Outcome{Kind: outcome.Signed, Round: uint64(300 + n/200)},
		Stages:  append(r.Stages[:0], results.Stage{Name: "request", Took: took / 5}, results.Stage{Name: "ack", Took: took / 3}),
	}
	switch rng.IntN(20) {
	case 0:
		r.Outcome = outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode}
	case 1:
		r.Operation, r.Outcome, r.Stages = outcome.Message, outcome.Outcome{Kind: outcome.Done}, r.Stages[:0]
	case 2:
		r.Outcome, r.Stages = outcome.Outcome{Kind: outcome.Cancelled}, r.Stages[:0]
	}
	if n < 300 {
		r.Warmup = true
	} else if n > 2000 {
		r.Phase = "late"
	}
}
