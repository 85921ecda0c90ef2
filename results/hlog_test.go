package results

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func sampleLog(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	l := NewHistogramLog(&b, time.Unix(1_700_000_000, 250e6), "chanbot 1.2.3\nscenario x]\x1b")
	h := hdrhistogram.New(1, 600_000_000, 3)
	for i := range int64(1000) {
		if err := h.RecordValue(i * i); err != nil {
			t.Fatal(err)
		}
	}
	l.Write("transfer.response", 0, time.Second, h)
	l.Write("odd, tag\n", 1500*time.Millisecond, time.Second, h)
	l.Write("", 2*time.Second, time.Second, hdrhistogram.New(1, 600_000_000, 3))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnIntervalLogReadsBack(t *testing.T) {
	text := sampleLog(t)
	var tags []string
	err := ReadHistogramLog(bytes.NewReader(text), func(h IntervalHistogram) {
		tags = append(tags, h.Tag)
		if h.Tag == "transfer.response" && (h.Histogram.TotalCount() != 1000 || h.Start != 0 || h.Length != time.Second || h.Histogram.ValueAtPercentile(50) < 249_000) {
			t.Errorf("%d values, %v, %v", h.Histogram.TotalCount(), h.Start, h.Length)
		}
		if h.Tag == "odd__tag_" && h.Start != 1500*time.Millisecond {
			t.Errorf("start %v", h.Start)
		}
	})
	if err != nil || strings.Join(tags, " ") != "transfer.response odd__tag_ " {
		t.Errorf("%v, tags %q\n%s", err, tags, text)
	}
	if !strings.Contains(string(text), "\n#[StartTime: 1700000000.250 (seconds since epoch), 2023-11-14T22:13:20Z]\n") {
		t.Errorf("no start time:\n%s", text)
	}

	// The reader of the library takes it as well.
	lib, n := hdrhistogram.NewHistogramLogReader(bytes.NewReader(text)), 0
	for {
		h, err := lib.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		n++
	}
	if n != 3 {
		t.Errorf("the library reads %d intervals", n)
	}
}

func TestABadIntervalLogIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"Tag=x":                      "line 1: nothing follows the tag",
		"#x\n1,2,3":                  "line 2: 3 fields",
		"a,1,1,x":                    `line 1: "a" is no time`,
		"1,NaN,1,x":                  `line 1: "NaN" is no time`,
		"1,1,1,HISTFAAA":             "line 1: ",
		strings.Repeat("x", 5<<20):   "line 1: ",
		"\"legend\"\n\n1,1,1,!!!!!!": "line 3: ",
	} {
		err := ReadHistogramLog(strings.NewReader(text), func(IntervalHistogram) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func TestTheSeriesIsATable(t *testing.T) {
	var b strings.Builder
	p := SeriesPoint{Second: 3, Operation: "transfer", Ended: 2, Response: Latency{Count: 2, MeanUS: 1.5, P50US: 1, P90US: 2, P99US: 2, MaxUS: 2}}
	p.Outcomes[1] = 2
	if err := WriteSeries(&b, []SeriesPoint{p}); err != nil {
		t.Fatal(err)
	}
	golden(t, "series.csv", b.String())
}

func FuzzReadHistogramLog(f *testing.F) {
	f.Add(sampleLog(f))
	f.Add([]byte("Tag=a,1,1,1,HISTFAAA"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = ReadHistogramLog(bytes.NewReader(b), func(h IntervalHistogram) {
			_ = h.Histogram.ValueAtPercentile(99)
		})
	})
}
