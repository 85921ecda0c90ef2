package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// HistogramLogFile is the name of the interval log in the run folder.
const HistogramLogFile = "latency.hlog"

// HistogramLog writes interval histograms in the text format (version 1.3) that
// the HdrHistogram tools of all languages read. Values are microseconds.
type HistogramLog struct {
	w   *bufio.Writer
	err error
}

// NewHistogramLog begins a log; the times of its intervals are relative to
// started.
func NewHistogramLog(w io.Writer, started time.Time, comment string) *HistogramLog {
	l := &HistogramLog{w: bufio.NewWriter(w)}
	started = started.UTC()
	for line := range strings.Lines(comment) {
		l.printf("#[%s]\n", Printable(strings.TrimSpace(line)))
	}
	l.printf("#[Values are microseconds, the interval maximum is milliseconds]\n")
	l.printf("#[Histogram log format version 1.3]\n")
	l.printf("#[BaseTime: %d.%03d (seconds since epoch)]\n", started.Unix(), started.Nanosecond()/1e6)
	l.printf("#[StartTime: %d.%03d (seconds since epoch), %s]\n", started.Unix(), started.Nanosecond()/1e6, started.Format(time.RFC3339))
	l.printf("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n")
	return l
}

// Write appends the histogram of one interval. The tag is a word such as
// "transfer.response".
func (l *HistogramLog) Write(tag string, start, length time.Duration, h *hdrhistogram.Histogram) {
	if l.err != nil {
		return
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		l.err = err
		return
	}
	if tag != "" {
		l.printf("Tag=%s,", strings.Map(tagRune, tag))
	}
	l.printf("%.3f,%.3f,%.3f,%s\n", start.Seconds(), length.Seconds(), float64(h.Max())/1e3, text)
}

func tagRune(r rune) rune {
	if r <= ' ' || r == ',' || r >= 0x7f {
		return '_'
	}
	return r
}

// Close writes what is left and returns the first error.
func (l *HistogramLog) Close() error {
	if l.err == nil {
		l.err = l.w.Flush()
	}
	if l.err != nil {
		return fmt.Errorf("write %s: %w", HistogramLogFile, l.err)
	}
	return nil
}

func (l *HistogramLog) printf(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format, args...)
	}
}

// IntervalHistogram is one line of an interval log.
type IntervalHistogram struct {
	Tag           string
	Start, Length time.Duration
	Histogram     *hdrhistogram.PackedHistogram
}

// maxLogLine bounds the lines of an interval log.
const maxLogLine = 4 << 20

// ReadHistogramLog calls each with the intervals of a log. Comments and the
// legend are skipped; the first line that is no interval ends the reading with
// an error that names it.
func ReadHistogramLog(r io.Reader, each func(IntervalHistogram)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4<<10), maxLogLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' || line[0] == '"' {
			continue
		}
		h, err := intervalLine(string(line))
		if err != nil {
			return fmt.Errorf("read interval log: line %d: %w", n, err)
		}
		each(h)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read interval log: line %d: %w", n+1, err)
	}
	return nil
}

func intervalLine(line string) (h IntervalHistogram, err error) {
	if tagged, ok := strings.CutPrefix(line, "Tag="); ok {
		if h.Tag, line, ok = strings.Cut(tagged, ","); !ok {
			return h, errors.New("nothing follows the tag")
		}
	}
	fields := strings.Split(line, ",")
	if len(fields) != 4 {
		return h, fmt.Errorf("%d fields, want start, length, maximum and histogram", len(fields))
	}
	if h.Start, err = logSeconds(fields[0]); err != nil {
		return h, err
	}
	if h.Length, err = logSeconds(fields[1]); err != nil {
		return h, err
	}
	h.Histogram, err = hdrhistogram.DecodePacked([]byte(fields[3]))
	return h, err
}

func logSeconds(text string) (time.Duration, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 9e9 {
		return 0, fmt.Errorf("%.20q is no time in seconds", text)
	}
	return time.Duration(math.Round(f * float64(time.Second))), nil
}
