package results

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"chanbot/outcome"
)

// writeRun makes the folder of a run of transfers, with a message for every
// tenth of them.
func writeRun(t testing.TB, seconds, rate int, slow float64) *Folder {
	t.Helper()
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	folder, err := CreateFolder(t.TempDir(), started, "mixed-load")
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{
		Version: ManifestVersion, Chanbot: "1.2.3", Seed: 7, Scenario: NewScenarioFile("mixed-load", "", "chanbot: 1"), Node: "embedded", NetworkID: "ae_dev",
		Started: started, Pairs: 2, Host: Host{Name: "here", OS: "linux", Arch: "amd64", CPUs: 2, Procs: 2, Go: "go1.26"}, Command: "run",
	}
	if err := folder.WriteManifest(m); err != nil {
		t.Fatal(err)
	}
	j, err := folder.CreateJournal(m)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(9, uint64(seconds)))
	end := time.Duration(seconds) * time.Second
	j.Mark(PhaseMark{Phase: "steady", What: MarkMeasure})
	r := OperationRecord{Role: outcome.Initiator, Phase: "steady", Outcome: outcome.Outcome{Kind: outcome.Signed}}
	for i := range seconds * rate {
		due := time.Duration(i) * time.Second / time.Duration(rate)
		r.Operation, r.Outcome.Kind = outcome.Transfer, outcome.Signed
		if i%10 == 0 {
			r.Operation, r.Outcome.Kind = outcome.Message, outcome.Done
		}
		r.Due, r.Sent = due, due+time.Duration(rng.IntN(200))*time.Microsecond
		r.Done = r.Sent + time.Duration(slow*math.Exp(.5*rng.NormFloat64())*float64(time.Millisecond))
		r.Pair, r.Outcome.Round = i%2, uint64(i)
		if j.Operation(&r); i%10000 == 0 {
			for len(j.full) > 8 { // the disk is slower than this loop
				runtime.Gosched()
			}
		}
	}
	j.Mark(PhaseMark{TUS: end.Microseconds(), Phase: "steady", What: MarkEnd})
	j.End(End{TUS: end.Microseconds(), Attempts: int64(seconds * rate), Pairs: 2, Verdict: Passed})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Two runs of one hour each, with 400 operations a second.
func BenchmarkCompareAnHour(b *testing.B) {
	base, slower := writeRun(b, 3600, 400, 1), writeRun(b, 3601, 400, 1.1)
	for b.Loop() {
		var runs [2]*ComparedRun
		for i, f := range []*Folder{base, slower} {
			r, err := ReadComparedRun(f, "")
			if err != nil {
				b.Fatal(err)
			}
			runs[i] = r
		}
		c := Compare(runs[:1], [][]*ComparedRun{runs[1:]}, CompareOptions{Seed: 1})
		if len(c.Comparisons[0].Changes) < 20 {
			b.Fatal("there is too little in it")
		}
	}
}
