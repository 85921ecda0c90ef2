package strategy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chanbot/outcome"
)

var (
	thresholdForm = regexp.MustCompile(`^([a-z]+[0-9.]*)\(([a-z_.]*)(?:, *last=([^ )]*))?\) *(<=|>=|==|!=|<|>) *(\S+)$`)
	loneEquals    = regexp.MustCompile(`\) *(=)(?:[^=]|$)`)
	quantileForm  = regexp.MustCompile(`^p([0-9]{1,2}(?:\.[0-9]{1,4})?|100|999|9999)$`)
)

const thresholdExample = `a condition such as "p99(transfer.response) < 50ms" or "share(signed) > 80%"`

// MaxLast is the longest window that a threshold can look at.
const MaxLast = 10 * time.Minute

// ThresholdError says what is wrong with a condition, and where.
type ThresholdError struct {
	// Col counts characters from 1; Width of them are wrong.
	Col, Width int
	Err        error
}

// Error names the column and the mistake.
func (e *ThresholdError) Error() string { return fmt.Sprintf("column %d: %v", e.Col, e.Err) }

// Unwrap returns the mistake.
func (e *ThresholdError) Unwrap() error { return e.Err }

func (p *parser) threshold(n *node) Threshold {
	text, ok := p.scalar(n, thresholdExample)
	if !ok {
		return Threshold{Pos: n.pos}
	}
	t, err := ParseThreshold(text)
	if wrong, ok := errors.AsType[*ThresholdError](err); ok {
		pos, width := p.within(n, text, wrong.Col-1, wrong.Width)
		p.report(pos, width, "%v", wrong.Err)
	}
	t.Pos = n.pos
	return t
}

// within returns the place of a part of a scalar, from character at on; it is
// the place of the whole when the file spells the text in another way.
func (p *parser) within(n *node, text string, at, width int) (Pos, int) {
	if n.pos.Line < 1 || n.pos.Line > len(p.lines) {
		return n.pos, n.width
	}
	line := []rune(p.lines[n.pos.Line-1])
	from := min(max(n.pos.Col-1, 0), len(line))
	if from < len(line) && (line[from] == '"' || line[from] == '\'') {
		from++
	}
	if !strings.HasPrefix(string(line[from:]), text) {
		return n.pos, n.width
	}
	pos := n.pos
	pos.Col = from + 1 + at
	return pos, width
}

// ParseThreshold reads one condition on the results of a run:
//
//	p99(OPERATION.CLOCK) < TIME      also p50, p99.9, mean, min, max; OPERATION may be all
//	share(OUTCOME) > 80%             also OPERATION.OUTCOME
//	count(OUTCOME) == 0
//	rate(OUTCOME) >= 300/s
//
// After the subject ", last=30s" looks at the end of the run only. The error is
// a *ThresholdError.
func ParseThreshold(text string) (Threshold, error) {
	t := Threshold{Text: text}
	lead := len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	trimmed := strings.TrimSpace(text)
	m := thresholdForm.FindStringSubmatchIndex(trimmed)
	if at := loneEquals.FindStringSubmatchIndex(trimmed); m == nil && at != nil {
		col := lead + utf8.RuneCountInString(trimmed[:at[2]]) + 1
		return t, &ThresholdError{col, 1, errors.New(`expected one of < <= > >= == !=, found "="`)}
	}
	if m == nil {
		return t, &ThresholdError{lead + 1, max(utf8.RuneCountInString(trimmed), 1), fmt.Errorf("expected %s, found %.60q", thresholdExample, text)}
	}
	part := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return trimmed[m[2*i]:m[2*i+1]]
	}
	// What comes before the last part is ASCII, so bytes are characters there.
	wrong := func(i int, err error) error {
		if err == nil {
			return nil
		}
		return &ThresholdError{lead + m[2*i] + 1, max(utf8.RuneCountInString(part(i)), 1), err}
	}
	fn, subject := part(1), part(2)
	t.Op = part(4)
	of := t.ofTime
	switch fn {
	case "share", "count", "rate":
		t.Func, of = fn, t.ofOutcome
	case "mean", "min", "max":
		t.Func = fn
	default:
		q, err := quantile(fn)
		if err != nil {
			return t, wrong(1, err)
		}
		t.Func, t.Quantile = "quantile", q
	}
	var last error
	if m[6] >= 0 {
		last = t.readLast(part(3))
	}
	return t, cmp.Or(wrong(2, of(subject)), wrong(3, last), wrong(5, t.readLimit(part(5))))
}

func (t *Threshold) readLast(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > MaxLast {
		return fmt.Errorf("expected a time from 1s to %s, found %q", MaxLast, text)
	}
	t.Last = d
	return nil
}

var thresholdFuncs = []string{"p50", "p90", "p99", "p99.9", "mean", "min", "max", "share", "count", "rate"}

func quantile(fn string) (float64, error) {
	m := quantileForm.FindStringSubmatch(fn)
	if m == nil {
		return 0, fmt.Errorf("unknown function %q; expected %s", fn, oneOf(fn, thresholdFuncs))
	}
	switch m[1] {
	case "999":
		return 0.999, nil
	case "9999":
		return 0.9999, nil
	}
	return strconv.ParseFloat(m[1]+"e-2", 64)
}

func (t *Threshold) ofTime(subject string) error {
	op, clock, ok := strings.Cut(subject, ".")
	if !ok {
		return fmt.Errorf("%q is no time; expected OPERATION.CLOCK such as transfer.response", subject)
	}
	c, err := outcome.ParseClock(clock)
	t.Clock = c
	return cmp.Or(t.ofOperation(op), err)
}

func (t *Threshold) ofOutcome(subject string) error {
	op, kind, ok := strings.Cut(subject, ".")
	if !ok {
		op, kind = "all", subject
	}
	if !slices.Contains(kindNames(), kind) {
		return fmt.Errorf("unknown outcome %q; expected %s", kind, oneOf(kind, kindNames()))
	}
	t.Kind, _ = outcome.ParseKind(kind)
	return t.ofOperation(op)
}

func (t *Threshold) ofOperation(op string) error {
	if op == "all" {
		return nil
	}
	d := action(op)
	if d == nil || d.group {
		words := append([]string{"all"}, actionNames(func(d *actionDef) bool { return !d.group })...)
		return fmt.Errorf("unknown operation %q; expected %s", op, oneOf(op, words))
	}
	t.Operation = d.kind
	return nil
}

func (t *Threshold) readLimit(text string) error {
	switch t.Func {
	case "share":
		v, percent := strings.CutSuffix(text, "%")
		x, err := strconv.ParseFloat(v+"e-2", 64) // so that 99.5% is the nearest number to 0.995
		if err != nil || !percent || x < 0 || x > 1 {
			return fmt.Errorf("expected a percentage from 0%% to 100%%, found %q", text)
		}
		t.Limit = x
	case "count":
		x, err := strconv.ParseUint(text, 10, 53)
		if err != nil {
			return fmt.Errorf("expected a number, found %q", text)
		}
		t.Limit = float64(x)
	case "rate":
		r, ok := parseRate(text)
		if !ok {
			return fmt.Errorf("expected %s, found %q", rateExample, text)
		}
		t.Limit = float64(r.Count) / r.Per.Seconds()
	default:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Errorf("expected a time such as 50ms, found %q", text)
		}
		t.Limit = float64(d)
	}
	return nil
}
