package metrics

import (
	"io"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// The bounds of a drawing in columns. Wider lines are hard to read.
const (
	leastColumns = 20
	mostColumns  = 110
	leastMeter   = 8
)

// bars draws rows at the bottom of a terminal. All lines are one bar of the
// library, so that their number may change from frame to frame. It is not for
// more than one goroutine at a time.
type bars struct {
	progress *mpb.Progress
	bar      *mpb.Bar
	refresh  chan any
	frame    atomic.Pointer[[]string]
	style    painter
}

// newBars begins to draw on w; clear has to be called.
func newBars(w io.Writer, color bool) *bars {
	b := &bars{refresh: make(chan any), style: newPainter(color)}
	b.frame.Store(&[]string{""})
	b.progress = mpb.New(mpb.WithOutput(canvas{w}), mpb.WithManualRefresh(b.refresh))
	line := func(w io.Writer, lines []string) error {
		_, err := io.WriteString(w, strings.Join(lines, ""))
		return err
	}
	b.bar = b.progress.MustAdd(0, // the container was made a moment ago, so it takes bars
		mpb.BarFillerFunc(func(w io.Writer, _ decor.Statistics) error { return line(w, (*b.frame.Load())[:1]) }),
		mpb.BarFillerTrim(),
		mpb.BarExtender(mpb.BarFillerFunc(func(w io.Writer, _ decor.Statistics) error {
			frame := *b.frame.Load()
			for _, text := range frame[1:] {
				if err := line(w, []string{text, "\n"}); err != nil {
					return err
				}
			}
			return nil
		}), false))
	return b
}

// show draws a frame. One row of the terminal stays free for the cursor.
func (b *bars) show(rows []row, columns, height int) {
	width := min(max(columns-1, leastColumns), mostColumns)
	frame := b.style.lines(rows, width, max(height-1, 1))
	b.frame.Store(&frame)
	b.refresh <- time.Now()
}

// above writes whole lines above the bars, with the next frame.
func (b *bars) above(lines []byte) { _, _ = b.progress.Write(lines) }

// clear takes the bars away and ends the drawing.
func (b *bars) clear() {
	b.bar.Abort(true)
	b.bar.Wait()
	// The library draws a bar that was dropped twice more; the frame after that
	// is empty, and erases the one before.
	for range 3 {
		b.refresh <- time.Now()
	}
	b.progress.Wait()
}

// canvas is the terminal as the library sees it. Errors of writing are kept from
// it, because it would end: there is no terminal any more, and the run goes on
// without.
type canvas struct{ w io.Writer }

// Write draws a frame in one piece. It begins at the left edge, which the echo of
// a key such as Ctrl-C may have left.
func (c canvas) Write(b []byte) (int, error) {
	_, _ = c.w.Write(append([]byte("\r"), b...))
	return len(b), nil
}

// painter turns rows into lines of text.
type painter struct {
	color        bool
	normal, warm mpb.BarFiller
}

func newPainter(color bool) painter {
	p := painter{color: color}
	paint := func(sgr string) func(string) string {
		return func(text string) string { return p.paint(piece{text, sgr}) }
	}
	style := mpb.BarStyle().Padding(" ").Refiller("x").RefillerMeta(paint(sgrRed))
	p.normal = style.FillerMeta(paint(sgrGreen)).TipMeta(paint(sgrGreen)).Build()
	p.warm = style.Filler("-").FillerMeta(paint(sgrYellow)).TipMeta(paint(sgrYellow)).Build()
	return p
}

func (p *painter) paint(s piece) string {
	if !p.color || s.sgr == "" || s.text == "" {
		return s.text
	}
	return "\x1b[" + s.sgr + "m" + s.text + "\x1b[0m"
}

// lines draws as many rows as fit into height lines of width columns.
func (p *painter) lines(rows []row, width, height int) []string {
	for {
		right := 0
		for i := range rows {
			if rows[i].meter != nil {
				right = max(right, columns(rows[i].right))
			}
		}
		var out []string
		for i := range rows {
			out = append(out, p.row(&rows[i], width, right)...)
		}
		if len(out) <= height || len(rows) < 2 {
			return out[:min(len(out), height)]
		}
		rows = withoutLast(rows)
	}
}

// withoutLast leaves out the row that matters least: among those of the highest
// rank the last one.
func withoutLast(rows []row) []row {
	worst := 0
	for i := range rows {
		if rows[i].rank >= rows[worst].rank {
			worst = i
		}
	}
	out := append([]row(nil), rows[:worst]...)
	return append(out, rows[worst+1:]...)
}

// row draws one row, which is one line, or two if it wraps. What is on the right
// of a meter takes behind columns.
func (p *painter) row(r *row, width, behind int) []string {
	left, right := columns(r.left), columns(r.right)
	meter, gap := width-left-behind-1, width-left-right
	switch {
	case r.wraps && left > width:
		first, second := wrapped(r.left, width)
		return []string{p.cut(first, width), p.cut(second, width)}
	case r.meter != nil && meter >= leastMeter:
		return []string{p.cut(r.left, left) + p.meter(r.meter, meter) + " " + p.cut(r.right, right)}
	case r.meter == nil && right > 0 && gap > 0:
		return []string{p.cut(r.left, left) + strings.Repeat(" ", gap) + p.cut(r.right, right)}
	}
	return []string{p.cut(append(append([]piece(nil), r.left...), r.right...), width)}
}

// meter draws a bar of width columns.
func (p *painter) meter(m *meter, width int) string {
	filler := p.normal
	if m.warm {
		filler = p.warm
	}
	current := min(max(m.current, 0), max(m.of, 0))
	var b strings.Builder
	_ = filler.Fill(&b, decor.Statistics{ // a strings.Builder takes everything
		AvailableWidth: width, Total: m.of, Current: current, Refill: min(max(m.bad, 0), current), Completed: m.of > 0 && current == m.of,
	})
	return b.String()
}

// cut draws pieces in at most width columns.
func (p *painter) cut(pieces []piece, width int) string {
	var b strings.Builder
	for _, s := range pieces {
		n := utf8.RuneCountInString(s.text)
		if n > width {
			if width > 0 {
				s.text = string([]rune(s.text)[:width-1]) + "…"
				b.WriteString(p.paint(s))
			}
			return b.String()
		}
		b.WriteString(p.paint(s))
		width -= n
	}
	return b.String()
}

// wrapped splits the pieces behind a label into two lines.
func wrapped(pieces []piece, width int) (first, second []piece) {
	used, i := 0, 0
	for i < len(pieces) && used+utf8.RuneCountInString(strings.TrimRight(pieces[i].text, " ")) <= width {
		used += utf8.RuneCountInString(pieces[i].text)
		i++
	}
	return pieces[:i], append([]piece{named("", "")}, pieces[i:]...)
}

// columns is the width of text without wide characters; names of scenarios and
// phases have none.
func columns(pieces []piece) (n int) {
	for _, s := range pieces {
		n += utf8.RuneCountInString(s.text)
	}
	return n
}
