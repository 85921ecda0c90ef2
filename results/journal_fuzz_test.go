package results

import (
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
)

func FuzzReadJournal(f *testing.F) {
	whole := writeJournal(f, 20)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(whole[30:])
	f.Add([]byte(journalMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, missing, err := readAll(b)
		if missing.Complete() && err == nil && len(b) < len(journalMagic) {
			t.Errorf("nothing is missing in %q", b)
		}
	})
}

func FuzzReadOperations(f *testing.F) {
	var o operations
	rng := rand.New(rand.NewPCG(1, 2))
	var r OperationRecord
	for i := range 20 {
		operationOf(rng, i, &r)
		o.add(&r)
	}
	f.Add(o.appendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		if readOperations(b, func(*OperationRecord) { n++ }); n > len(b) {
			t.Errorf("%d operations in %d bytes", n, len(b))
		}
	})
}

func BenchmarkJournal(b *testing.B) {
	file, err := os.Create(b.TempDir() + "/journal")
	if err != nil {
		b.Fatal(err)
	}
	j, err := NewJournal(file, sampleManifest)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	records := make([]OperationRecord, 20_000)
	for i := range records {
		operationOf(rng, i, &records[i])
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r := &records[n%len(records)]
		j.Operation(r)
		if n++; n%4096 == 0 {
			for len(j.full) > 8 { // no disk is as slow as this loop is fast
				runtime.Gosched()
			}
		}
	}
	b.StopTimer()
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	if info, err := os.Stat(file.Name()); err == nil {
		b.ReportMetric(float64(info.Size())/float64(int64(n)-j.Lost()), "B/operation")
		b.ReportMetric(float64(j.Lost())/float64(n), "lost/operation")
	}
}

func BenchmarkBlockOnItsWayToDisk(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	records := make([]OperationRecord, 3000)
	full := new(block)
	for i := range records {
		operationOf(rng, i, &records[i])
		full.ops.add(&records[i])
	}
	w := newBlockWriter()
	size := 0
	for b.Loop() {
		size = len(w.encode(full))
	}
	n := float64(len(records))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/operation")
	b.ReportMetric(float64(size)/n, "B/operation")
}
