package metrics

import (
	"bytes"
	"io"
	"testing"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

func TestTheBusiestWindow(t *testing.T) {
	// A sample each second; so much CPU time was used in each of them.
	samples := func(used ...float64) []results.GeneratorSample {
		var all []results.GeneratorSample
		sum := 0.0
		for i, u := range used {
			sum += u
			all = append(all, results.GeneratorSample{TUS: int64(i+1) * 1e6, CPUS: sum})
		}
		return all
	}
	for name, c := range map[string]struct {
		used     []float64
		from, to int64 // seconds
		want     float64
	}{
		"nothing":                     {nil, 0, 10, 0},
		"even":                        {[]float64{1, 1, 1, 1, 1, 1}, 0, 6, 1},
		"shorter than the window":     {[]float64{2, 2, 2, 2}, 0, 4, 0},
		"busy set-ups do not count":   {[]float64{2, 2, 2, 2, 2, 1, 1, 1, 1, 1}, 5, 10, 1},
		"nor does a busy end":         {[]float64{1, 1, 1, 1, 1, 2, 2, 2, 2, 2}, 0, 5, 1},
		"a busy middle":               {[]float64{0, 0, 0, 2, 2, 2, 2, 2, 0, 0, 0}, 0, 11, 2},
		"a burst within the window":   {[]float64{0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0}, 0, 11, 1},
		"a load without any sample":   {[]float64{1, 1, 1, 1, 1, 1}, 7, 20, 0},
		"a load that begins later on": {[]float64{9, 1, 1, 1, 1, 1, 1}, 1, 7, 1},
	} {
		if got := busiest(samples(c.used...), c.from*1e6, c.to*1e6, 5*time.Second); got != c.want {
			t.Errorf("%s: %v cores, want %v", name, got, c.want)
		}
	}
}

// nopCloser is a journal in memory.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A generator that fell behind is seen by the run and by its journal alike; one
// without a schedule cannot.
func TestAGeneratorThatFellBehind(t *testing.T) {
	for _, c := range []struct {
		name  string
		load  bool
		late  time.Duration
		takes time.Duration
		limit float64
		want  []string
	}{
		{"steps", false, time.Second, time.Millisecond, 0, nil},
		{"in time", true, 9 * time.Millisecond, 20 * time.Millisecond, 10_000, nil},
		{"late", true, 20 * time.Millisecond, 25 * time.Millisecond, 10_000, []string{"lateness"}},
		{"late, but the node is far slower", true, 20 * time.Millisecond, time.Second, 100_000, nil},
	} {
		var file bytes.Buffer
		m := results.Manifest{Host: results.Host{Procs: 2}}
		j, err := results.NewJournal(nopCloser{&file}, m)
		if err != nil {
			t.Fatal(err)
		}
		run := NewRun(Options{Manifest: m, Journal: j})
		if c.load {
			run.Mark(results.PhaseMark{TUS: 0, Phase: "steady", What: results.MarkMeasure})
		}
		for range 100 {
			run.Shard(0).Late(time.Hour, true)
			run.Shard(0).Late(c.late, false)
			run.Shard(0).Begin(outcome.Transfer, "steady", false)
			run.Shard(0).Record(&results.OperationRecord{Operation: outcome.Transfer, Phase: "steady", Sent: c.takes / 4, Done: c.takes + c.takes/4, Outcome: outcome.Outcome{Kind: outcome.Signed}})
		}
		if c.load {
			run.Mark(results.PhaseMark{TUS: 2e6, Phase: "steady", What: results.MarkEnd})
		}
		run.End(results.End{TUS: 2e6})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		rep, err := Rebuild(&file, RebuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g := run.Summary().Generator
		if g != rep.Summary.Generator {
			t.Errorf("%s: the run says %+v, its journal %+v", c.name, g, rep.Summary.Generator)
		}
		var got []string
		for _, p := range g.Problems() {
			got = append(got, p.Name)
		}
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] || int64(g.LateLimitUS)/1000 != int64(c.limit)/1000 || g.Cores != 2 {
			t.Errorf("%s: problems %v, limit %v; want %v and %v", c.name, got, g.LateLimitUS, c.want, c.limit)
		}
	}
}
