package metrics

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

func TestABrokenThresholdEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := NewRun(Options{Shards: 1})
		started := time.Now()
		ctx, cancel := context.WithCancelCause(t.Context())
		limit := Threshold{Text: "p50(transfer.response) < 10ms", Func: "quantile", Quantile: .5, Operation: outcome.Transfer, Op: "<", Limit: 10e6, Last: 5 * time.Second}
		var wg sync.WaitGroup
		wg.Go(func() { run.Every(ctx, started, run.AbortWhenBroken(cancel, []Threshold{limit}, 8*time.Second)) })
		for ctx.Err() == nil {
			r := results.OperationRecord{Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed}, Done: time.Millisecond}
			if now := time.Since(started); now < 2*time.Second || now > 20*time.Second { // slow at the start, and again later
				r.Done = time.Second
			}
			run.Shard(0).Begin(r.Operation, "", false)
			run.Shard(0).Record(&r)
			time.Sleep(100 * time.Millisecond)
		}
		wg.Wait()
		broken, ok := errors.AsType[*BrokenError](context.Cause(ctx))
		if !ok || broken.Error() != "threshold broken: p50(transfer.response) < 10ms (measured 1.00s)" {
			t.Fatalf("cause %v", context.Cause(ctx))
		}
		if took := time.Since(started); took < 22*time.Second || took > 25*time.Second {
			t.Errorf("aborted after %v", took)
		}
	})
}
