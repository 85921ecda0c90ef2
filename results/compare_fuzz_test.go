package results

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func FuzzComparedJournal(f *testing.F) {
	folder := writeRun(f, 2, 20, 1)
	text, err := os.ReadFile(folder.File(JournalFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		m, facts, err := readJournalIntervals(bytes.NewReader(b), "")
		if err != nil {
			return
		}
		r := &ComparedRun{m: m, Source: SourceJournal, Manifest: facts.manifest}
		for _, s := range m.judged {
			r.Judged += s.to - s.from
		}
		checkNumbers(t, Compare([]*ComparedRun{r}, [][]*ComparedRun{{r}}, CompareOptions{Resamples: 20}))
	})
}

func FuzzComparedLog(f *testing.F) {
	var log bytes.Buffer
	l := NewHistogramLog(&log, time.Unix(1e9, 0), "a run")
	h := hdrhistogram.New(1, longestUS, 3)
	for i := range 10 {
		_ = h.RecordValue(int64(1000 * i))
		l.Write("transfer.response", time.Duration(i)*time.Second, time.Second, h)
	}
	if err := l.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(log.Bytes(), []byte(`{"duration_s":10,"outcomes":{"signed":3},"operations":{"transfer":{"response":{"count":3,"p50_us":1e300}}}}`))
	f.Fuzz(func(t *testing.T, b, summary []byte) {
		s := new(Summary)
		if json.Unmarshal(summary, s) != nil {
			return
		}
		r := &ComparedRun{summary: s, Source: SourceSummary}
		r.takeSummary()
		sides := [][]*ComparedRun{{r}}
		if m, err := readLogIntervals(bytes.NewReader(b)); err == nil {
			sides = append(sides, []*ComparedRun{{m: m, summary: s, Source: SourceLog, Judged: r.Judged}})
		}
		checkNumbers(t, Compare([]*ComparedRun{r}, sides, CompareOptions{Resamples: 20}))
	})
}
