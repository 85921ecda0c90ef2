package strategy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/outcome"
)

var (
	thresholdForm = regexp.MustCompile(`^([a-z]+[0-9.]*)\(([a-z_.]*)\) *(<=|>=|==|!=|<|>) *(\S+)$`)
	quantileForm  = regexp.MustCompile(`^p([0-9]{1,2}(?:\.[0-9]{1,4})?|100|999|9999)$`)
)

const thresholdExample = `a condition such as "p99(transfer.response) < 50ms" or "share(signed) > 80%"`

func (p *parser) threshold(n *node) Threshold {
	text, ok := p.scalar(n, thresholdExample)
	if !ok {
		return Threshold{Pos: n.pos}
	}
	t, err := ParseThreshold(text)
	if err != nil {
		p.reportNode(n, "%v", err)
	}
	t.Pos = n.pos
	return t
}

// ParseThreshold reads one condition on the results of a run:
//
//	p99(OPERATION.CLOCK) < TIME      also p50, p99.9, mean, min, max; OPERATION may be all
//	share(OUTCOME) > 80%             also OPERATION.OUTCOME
//	count(OUTCOME) == 0
//	rate(OUTCOME) >= 300/s
func ParseThreshold(text string) (Threshold, error) {
	t := Threshold{Text: text}
	m := thresholdForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return t, fmt.Errorf("expected %s, found %.60q", thresholdExample, text)
	}
	fn, subject, limit := m[1], m[2], m[4]
	t.Op = m[3]
	switch fn {
	case "share", "count", "rate":
		t.Func = fn
		return t, cmp.Or(t.ofOutcome(subject), t.readLimit(limit))
	case "mean", "min", "max":
		t.Func = fn
	default:
		q, err := quantile(fn)
		if err != nil {
			return t, err
		}
		t.Func, t.Quantile = "quantile", q
	}
	return t, cmp.Or(t.ofTime(subject), t.readLimit(limit))
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
