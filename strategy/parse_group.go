package strategy

import (
	"strconv"
	"time"
)

// wait reads a time, a frame or a number of blocks.
func (p *parser) wait(n, name *node) *Wait {
	if n.isNull() {
		p.reportNode(name, "wait needs a time, a frame or blocks")
		return nil
	}
	if n.bad {
		return nil
	}
	if n.kind == scalarNode {
		if d, err := time.ParseDuration(n.text); err == nil {
			if d < 0 || d > maxDuration {
				p.reportNode(n, "the time %s; it must be from 0s to %s", n.text, maxDuration)
			}
			return &Wait{For: d}
		}
		if _, err := strconv.ParseFloat(n.text, 64); err == nil {
			p.reportNode(n, "wait needs a unit, such as %ss or %sms", n.text, n.text)
			return nil
		}
		return &Wait{Frame: p.frame(n)}
	}
	keys := action("wait").keys
	m := p.fields(n, "wait", keys)
	if m == nil {
		return nil
	}
	if len(m) != 1 {
		p.reportNode(n, "wait takes exactly %s", oneOf("", names(keys)))
		return nil
	}
	w := &Wait{}
	if v := m["for"]; v != nil {
		w.For, _ = p.duration(v)
	}
	if v := m["frame"]; v != nil {
		w.Frame = p.frame(v)
	}
	if v := m["blocks"]; v != nil {
		w.Blocks, _ = p.whole(v, "blocks", 1, maxBlocks)
	}
	return w
}

// branches reads the steps, or lists of steps, of parallel.
func (p *parser) branches(n, name *node) [][]Step {
	if n.isNull() {
		p.reportNode(name, "parallel needs a list of steps, or of lists of steps")
		return nil
	}
	var out [][]Step
	for _, item := range p.list(n, "a list of steps, or of lists of steps") {
		out = append(out, p.stepOrSteps(item))
	}
	if n.kind == listNode && len(n.items) < 2 {
		p.reportNode(n, "parallel needs at least two branches")
	}
	return out
}

func (p *parser) stepOrSteps(n *node) []Step {
	if n.kind == listNode {
		return p.steps(n)
	}
	return []Step{p.step(n)}
}

// stepChoices reads the branches of choose.
func (p *parser) stepChoices(n, name *node) []StepChoice {
	if n.isNull() {
		p.reportNode(name, "choose needs a list of {weight, do}")
		return nil
	}
	items := p.list(n, "a list of {weight, do}")
	out := make([]StepChoice, 0, len(items))
	w := weights{p: p, at: n}
	for _, item := range items {
		c := StepChoice{Pos: item.pos}
		weight, do := p.weighted(item)
		w.add(item, weight)
		if do != nil {
			c.Steps = p.stepOrSteps(do)
		}
		out = append(out, c)
	}
	for i, v := range w.finish() {
		out[i].Weight = v
	}
	return out
}

// weighted takes {weight, do, …} apart: the weight, and the step in do with
// the keys beside it put into it. A list of steps in do takes no such keys.
func (p *parser) weighted(n *node) (weight, do *node) {
	if n.bad {
		return nil, nil
	}
	if n.kind != mapNode {
		p.reportNode(n, "expected {weight, do}, found %s", found(n))
		return nil, nil
	}
	var beside []pair
	for _, pr := range n.pairs {
		switch pr.key.text {
		case "weight":
			weight = pr.value
		case "do":
			do = pr.value
		default:
			beside = append(beside, pr)
		}
	}
	if do.isNull() {
		p.reportNode(n, "expected {weight, do}; there is no do")
		return weight, nil
	}
	if len(beside) == 0 {
		return weight, do
	}
	if do.kind != mapNode {
		p.reportNode(beside[0].key, "%s must stand beside a single step", beside[0].key.text)
		return weight, do
	}
	step := *do
	step.pairs = append([]pair(nil), do.pairs...)
	for _, pr := range beside {
		if do.get(pr.key.text) != nil {
			p.reportNode(pr.key, "duplicate key %q; it is inside do already", pr.key.text)
			continue
		}
		step.pairs = append(step.pairs, pr)
	}
	return weight, &step
}

// weights gathers the weights of a choice. They are numbers, or percentages;
// among percentages one may be missing and takes the rest.
type weights struct {
	p       *parser
	at      *node
	values  []uint64
	percent []bool
	missing []int
	broken  bool
}

const (
	hundredPercent = 100_000_000
	maxChoices     = 1000
)

func (w *weights) add(item, weight *node) {
	i := len(w.values)
	w.values, w.percent = append(w.values, 0), append(w.percent, false)
	if weight.isNull() {
		w.missing = append(w.missing, i)
		if len(w.missing) > 1 {
			w.p.reportNode(item, "a second choice without weight; only one can take the rest")
			w.broken = true
		}
		return
	}
	v, percent, ok := w.p.millionths(weight, "a weight such as 9, 0.5 or 10%")
	if !ok {
		w.broken = true
		return
	}
	w.values[i], w.percent[i] = v, percent
}

// finish checks the weights together and returns them in millionths.
func (w *weights) finish() []uint64 {
	if w.broken || w.at.kind != listNode {
		return w.values
	}
	switch {
	case len(w.values) == 0:
		w.p.reportNode(w.at, "a choice of nothing")
		return nil
	case len(w.values) > maxChoices:
		w.p.reportNode(w.at, "a choice of %d; at most %d are allowed", len(w.values), maxChoices)
		return w.values
	}
	var sum uint64
	percents := 0
	for i, v := range w.values {
		sum += v
		if w.percent[i] {
			percents++
		}
	}
	given := len(w.values) - len(w.missing)
	switch {
	case percents > 0 && percents < given:
		w.p.reportNode(w.at, "weights are all numbers or all percentages, not both")
	case percents > 0 && sum > hundredPercent:
		w.p.reportNode(w.at, "the weights are more than 100%% together")
	case percents > 0 && sum < hundredPercent && len(w.missing) == 0:
		w.p.reportNode(w.at, "the weights are less than 100%% together; leave one weight out to take the rest")
	case percents > 0 && len(w.missing) == 1:
		w.values[w.missing[0]] = hundredPercent - sum
	case len(w.missing) > 0 && given > 0:
		w.p.reportNode(w.at, "a choice without weight can only take the rest of percentages")
	case sum == 0 && given > 0:
		w.p.reportNode(w.at, "every weight is zero")
	case given == 0:
		w.values[0] = 1_000_000
	}
	return w.values
}
