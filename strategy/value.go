package strategy

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var decimal = regexp.MustCompile(`^-?[0-9]+$`)

// maxDigits is the most digits of an amount.
const maxDigits = 1000

// maxDuration is the longest time that a file may name.
const maxDuration = 30 * 24 * time.Hour

// scalar returns the text of a single value. Null is not one.
func (p *parser) scalar(n *node, want string) (string, bool) {
	if n != nil && n.bad {
		return "", false
	}
	if n.isNull() || n.kind != scalarNode {
		p.reportNode(n, "expected %s, found %s", want, found(n))
		return "", false
	}
	return n.text, true
}

func (p *parser) text(n *node, what string, limit int) string {
	text, ok := p.scalar(n, what)
	if ok && len(text) > limit {
		p.reportNode(n, "%s of %d bytes; at most %d are allowed", what, len(text), limit)
		return ""
	}
	return text
}

func (p *parser) texts(n *node, one string, limit int) []string {
	var all []string
	for _, item := range p.list(n, "a list, each item of it "+one) {
		all = append(all, p.text(item, one, limit))
	}
	return all
}

func (p *parser) list(n *node, want string) []*node {
	if n == nil || n.bad {
		return nil
	}
	if n.kind != listNode {
		p.reportNode(n, "expected %s, found %s", want, found(n))
		return nil
	}
	return n.items
}

// word reads one of a closed list.
func (p *parser) word(n *node, what string, words []string) (string, bool) {
	text, ok := p.scalar(n, what)
	if !ok {
		return "", false
	}
	for _, w := range words {
		if w == text {
			return w, true
		}
	}
	p.reportNode(n, "unknown %s %q; expected %s", what, text, oneOf(text, words))
	return "", false
}

func (p *parser) bool(n *node) bool {
	text, ok := p.scalar(n, "true or false")
	if ok && n.tag != "!!bool" {
		p.reportNode(n, "expected true or false, found %s", found(n))
		return false
	}
	return ok && strings.EqualFold(text, "true")
}

// integer reads a whole number of any size. what names it in problems.
func (p *parser) integer(n *node, what string) *big.Int {
	text, ok := p.scalar(n, what)
	if !ok {
		return nil
	}
	if !decimal.MatchString(text) {
		p.reportNode(n, "%s must be a whole number, found %s; write all digits, without fraction, exponent or separators", what, found(n))
		return nil
	}
	if len(text) > maxDigits {
		p.reportNode(n, "a number of %d digits; at most %d are allowed", len(text), maxDigits)
		return nil
	}
	v, _ := new(big.Int).SetString(text, 10)
	return v
}

// amount reads aettos. The least is not checked in a raw step.
func (p *parser) amount(n *node, least int64) *big.Int {
	v := p.integer(n, "the amount")
	if v == nil {
		return nil
	}
	if v.Cmp(big.NewInt(least)) < 0 && !p.raw {
		p.reportNode(n, "the amount %s; it must be %d or more (raw: true on the step sends it anyway)", v, least)
		return nil
	}
	return v
}

// whole reads a number from least to most.
func (p *parser) whole(n *node, what string, least, most int64) (int, bool) {
	v := p.integer(n, what)
	if v == nil {
		return 0, false
	}
	if !v.IsInt64() || v.Int64() < least || v.Int64() > most {
		p.reportNode(n, "%s is %s; it must be from %d to %d", what, v, least, most)
		return 0, false
	}
	return int(v.Int64()), true
}

func (p *parser) duration(n *node) (time.Duration, bool) {
	text, ok := p.scalar(n, "a time such as 50ms, 20s or 1m30s")
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		p.reportNode(n, "expected a time such as 50ms, 20s or 1m30s, found %s", found(n))
		return 0, false
	case d < 0:
		p.reportNode(n, "the time %s is negative", text)
		return 0, false
	case d > maxDuration:
		p.reportNode(n, "the time %s is longer than %s", text, maxDuration)
		return 0, false
	}
	return d, true
}

// time reads a duration that must not be zero.
func (p *parser) positiveTime(n *node) time.Duration {
	d, ok := p.duration(n)
	if ok && d == 0 {
		p.reportNode(n, "the time must be longer than 0s")
	}
	return d
}

var rateForm = regexp.MustCompile(`^([0-9]{1,9})(?:\.([0-9]{1,6}))?/([0-9]*)(ms|s|m|h)$`)

const rateExample = "a rate such as 400/s, 0.5/s or 30/m"

// rate reads N/UNIT or N/kUNIT exactly: 400/s, 0.5/s, 30/m, 3/10s.
func (p *parser) rate(n *node) Rate {
	text, ok := p.scalar(n, rateExample)
	if !ok {
		return Rate{}
	}
	r, ok := parseRate(text)
	if !ok {
		p.reportNode(n, "expected %s, found %s", rateExample, found(n))
		return Rate{}
	}
	if r.Count == 0 {
		p.reportNode(n, "the rate must be above zero")
	}
	return r
}

// ParseRate reads a rate as scenarios write it: 400/s, 1/3s, 0.5/m. It is above
// zero.
func ParseRate(text string) (Rate, error) {
	r, ok := parseRate(text)
	if !ok {
		return Rate{}, fmt.Errorf("expected %s, found %q", rateExample, text)
	}
	if r.Count == 0 {
		return Rate{}, errors.New("the rate must be above zero")
	}
	return r, nil
}

func parseRate(text string) (Rate, bool) {
	m := rateForm.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	if m == nil {
		return Rate{}, false
	}
	count, _ := strconv.ParseUint(m[1]+m[2], 10, 64)
	per, err := time.ParseDuration(cmpText(m[3], "1") + m[4])
	if err != nil || per <= 0 || per > 24*time.Hour {
		return Rate{}, false
	}
	for range m[2] {
		if per > math.MaxInt64/10 {
			return Rate{}, false
		}
		per *= 10
	}
	return Rate{Count: count, Per: per}, true
}

func cmpText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

var numberForm = regexp.MustCompile(`^([0-9]{1,9})(?:\.([0-9]{1,6}))?(%?)$`)

// millionths reads a decimal number as millionths, and whether it is a
// percentage (10% and 10 are both 10 million).
func (p *parser) millionths(n *node, what string) (v uint64, percent, ok bool) {
	text, ok := p.scalar(n, what)
	if !ok {
		return 0, false, false
	}
	m := numberForm.FindStringSubmatch(text)
	if m == nil {
		p.reportNode(n, "expected %s, found %s", what, found(n))
		return 0, false, false
	}
	v, _ = strconv.ParseUint(m[1]+m[2]+strings.Repeat("0", 6-len(m[2])), 10, 64)
	return v, m[3] != "", true
}
