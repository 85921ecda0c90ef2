package metrics

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chanbot/outcome"
	"chanbot/results"
)

func TestMergedQuantilesAreThoseOfTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, 9).Draw(t, "shards")
		rec := newRecorder(&Options{Shards: shards, Window: time.Minute})
		union := newHist(totalDigits)
		times := rapid.SliceOfN(rapid.Int64Range(0, 2*highestUS), 1, 300).Draw(t, "microseconds")
		for i, us := range times {
			r := results.OperationRecord{Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed}, Done: time.Duration(us) * time.Microsecond}
			s := rec.shards[rapid.IntRange(0, shards-1).Draw(t, "shard")]
			s.Begin(r.Operation, "", false)
			s.Record(&r)
			union.record(us)
			if rapid.IntRange(0, 20).Draw(t, "collect") == 0 {
				rec.collect(time.Duration(i))
			}
		}
		now := time.Duration(len(times))
		rec.collect(now)
		total := rec.sumLocked(func(key) bool { return true })
		if diff := cmp.Diff(union.latency(), total.clocks[outcome.Response].latency()); diff != "" {
			t.Errorf("totals (-union +merged):\n%s", diff)
		}
		window, _ := rec.window.sum("", now, time.Minute)
		if diff := cmp.Diff(union.latency(), window.clocks[outcome.Response].latency()); diff != "" {
			t.Errorf("window (-union +merged):\n%s", diff)
		}
		if a, b := union.h.Distribution(), total.clocks[outcome.Response].h.Distribution(); !slices.Equal(a, b) {
			t.Error("the buckets differ")
		}
		began, ended := rec.counts()
		if began != int64(len(times)) || ended != began {
			t.Errorf("%d began, %d ended, want %d", began, ended, len(times))
		}
	})
}

func TestQuantilesAreWithinThreeDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	h := newHist(totalDigits)
	samples := make([]time.Duration, 50_000)
	for i := range samples {
		samples[i] = time.Duration(1+rng.ExpFloat64()*1e5) * time.Microsecond
		h.record(samples[i].Microseconds())
	}
	exact, got := results.NewLatency(samples), h.latency()
	for name, pair := range map[string][2]float64{
		"mean": {exact.MeanUS, got.MeanUS}, "p50": {exact.P50US, got.P50US}, "p90": {exact.P90US, got.P90US},
		"p99": {exact.P99US, got.P99US}, "p999": {exact.P999US, got.P999US}, "max": {exact.MaxUS, got.MaxUS},
	} {
		if d := pair[1] - pair[0]; d < -0.001*pair[0]-1e-6*pair[0] || d > 0.001*pair[0] {
			t.Errorf("%s is %v, exactly %v", name, pair[1], pair[0])
		}
	}
	if exact.Count != got.Count {
		t.Errorf("%d samples; exactly %d", got.Count, exact.Count)
	}
}

func TestRecordingIsSafeFromManyGoroutines(t *testing.T) {
	run := NewRun(Options{Shards: 3})
	const workers, each = 8, 2000
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			s := run.Shard(w)
			var r results.OperationRecord
			for n := range each {
				draw(rng, n, &r)
				s.Begin(r.Operation, r.Phase, r.Warmup)
				s.Record(&r)
				s.Late(time.Duration(n), false)
			}
		})
	}
	for i := range 50 {
		run.Tick(time.Duration(i))
		run.Judge(time.Duration(i), []Threshold{{Func: "quantile", Quantile: .5, Op: "<", Last: time.Second}})
		_ = run.Summary()
	}
	wg.Wait()
	run.End(results.End{TUS: 1e6, Verdict: results.Passed})
	s := run.Summary()
	if err := s.CheckSums(); err != nil {
		t.Error(err)
	}
	if got := s.Attempts + s.Warmup.Attempts; got != workers*each || s.Warmup.Attempts != workers*300 {
		t.Errorf("%d attempts, %d in the warm-up", got, s.Warmup.Attempts)
	}
}

func TestAWindowForgets(t *testing.T) {
	run := NewRun(Options{Shards: 1, Window: 10 * time.Second})
	s := run.Shard(0)
	record := func(us int64) {
		r := results.OperationRecord{Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed}, Done: time.Duration(us) * time.Microsecond}
		s.Begin(r.Operation, "", false)
		s.Record(&r)
	}
	last := Threshold{Func: "max", Operation: outcome.Transfer, Op: "<", Limit: 1e9, Last: 5 * time.Second}
	whole := last
	whole.Last = 0
	record(5_000_000)
	for i := range 100 {
		run.Tick(time.Duration(i+1) * time.Second)
		record(1000)
	}
	got := run.Judge(101*time.Second, []Threshold{last, whole, {Func: "rate", Kind: outcome.Signed, Op: ">=", Limit: 1, Last: 5 * time.Second}})
	if got[0].State != Holds || got[0].Samples != 5 || got[1].State != Broken || got[1].Value < 5e9 || got[1].Value > 5.005e9 || got[2].Value != 1 {
		t.Errorf("%+v", got)
	}
	if n := len(run.rec.window.intervals); n > 12 {
		t.Errorf("%d intervals are kept", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	run := NewRun(Options{Shards: 2})
	s := run.Shard(0)
	rng := rand.New(rand.NewPCG(1, 2))
	records := make([]results.OperationRecord, 4096)
	for i := range records {
		draw(rng, i, &records[i])
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r := &records[n%len(records)]
		s.Begin(r.Operation, r.Phase, r.Warmup)
		s.Record(r)
		n++
	}
}

func BenchmarkRecordParallel(b *testing.B) {
	run := NewRun(Options{})
	var next int
	var mu sync.Mutex
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		mu.Lock()
		next++
		s, rng := run.Shard(next), rand.New(rand.NewPCG(1, uint64(next)))
		mu.Unlock()
		records := make([]results.OperationRecord, 4096)
		for i := range records {
			draw(rng, i, &records[i])
		}
		for n := 0; pb.Next(); n++ {
			r := &records[n%len(records)]
			s.Begin(r.Operation, r.Phase, r.Warmup)
			s.Record(r)
		}
	})
}

func BenchmarkTick(b *testing.B) {
	run := NewRun(Options{Window: time.Minute})
	rng := rand.New(rand.NewPCG(1, 2))
	var r results.OperationRecord
	now := time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		for n := range 5000 {
			draw(rng, n, &r)
			run.Shard(n).Record(&r)
		}
		run.samples = run.samples[:0]
		now += time.Second
		b.StartTimer()
		run.Tick(now)
	}
}

// What is recorded in a cell between the moment at which it is collected, empty
// for the last time, and the one at which its memory is given back, is not lost.
func TestACellThatIsUsedAgainIsNotGivenBack(t *testing.T) {
	r := newRecorder(&Options{Shards: 1, Window: time.Second})
	s := r.shards[0]
	s.Begin(outcome.Ping, "", false)
	s.Record(&results.OperationRecord{Operation: outcome.Ping, Outcome: outcome.Outcome{Kind: outcome.Done}})
	for n := range idleTicks + 1 {
		r.collect(time.Duration(n) * time.Second)
	}
	s.mu.Lock()
	r.mu.Lock()
	r.takeLocked(s.cells[0]) // as collect does it
	r.mu.Unlock()
	s.mu.Unlock()
	s.Begin(outcome.Ping, "", false)
	s.giveBack()
	s.Record(&results.OperationRecord{Operation: outcome.Ping, Outcome: outcome.Outcome{Kind: outcome.Done}})
	r.collect(time.Hour)
	if began, ended := r.counts(); began != 2 || ended != 2 {
		t.Errorf("%d operations began and %d ended, want 2 of each", began, ended)
	}
	for n := range idleTicks + 2 {
		r.collect(time.Hour + time.Duration(n)*time.Second)
	}
	if len(s.cells) != 0 {
		t.Error("a cell that nobody uses is kept")
	}
}
