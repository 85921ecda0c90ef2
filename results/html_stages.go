package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chanbot/outcome"
)

// stageOrder says for each part of an operation behind which other part it
// begins: the first of them that was measured. A part that is not named here,
// or follows none, begins with the operation.
var stageOrder = []struct {
	name  string
	after []string
}{
	{"connect", nil},
	{"fsm_up", []string{"connect"}},
	{"accept", []string{"fsm_up"}},
	{"answer", nil},
	{"delivery", nil},
	{"locked", nil},
	{"sign_request", []string{"accept"}},
	{"peer_sign_request", []string{"sign_request"}},
	{"on_chain", []string{"peer_sign_request", "sign_request"}},
	{"update", []string{"peer_sign_request", "sign_request"}},
	{"closed", []string{"peer_sign_request", "sign_request"}},
	{"confirmed", []string{"sign_request"}},
	{"open", []string{"sign_request"}},
	{"peer_leave", nil},
	{"died", nil},
}

// stageWords explain the parts.
var stageWords = map[string]string{
	"connect":           "the socket is opened",
	"fsm_up":            "until the node's machine for the channel is up",
	"accept":            "until the node has accepted the channel",
	"sign_request":      "until the node asks for the signature",
	"peer_sign_request": "from the signature until the peer is asked for its own",
	"update":            "from the peer's signature until both have the new state",
	"on_chain":          "until the transaction is on chain",
	"confirmed":         "until the transaction is confirmed",
	"closed":            "until the channel is closed",
	"open":              "from the signature until the channel is open",
	"answer":            "until the answer",
	"delivery":          "until the peer has it",
	"locked":            "until the change is reported",
	"peer_leave":        "until the peer hears of it",
	"died":              "until the machine has ended",
}

// htmlWaterfall is one operation with its parts over time.
type htmlWaterfall struct {
	Operation string
	Rows      []htmlBar
	// Clipped says that the bar of the whole is longer than what is drawn.
	Clipped bool
}

// htmlBar is one part: where it begins and how long it is on average, in per
// cent of the width.
type htmlBar struct {
	Name, Words, Class   string
	X, Width             string
	Mean, P50, P99, Most string
	Count                string
	start, length        float64
	lane                 int
	order                int
}

// waterfalls draws the operations whose parts were measured.
func waterfalls(operations map[string]Operation) []htmlWaterfall {
	var out []htmlWaterfall
	names := sortedKeys(operations)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(operations[b].Attempts, operations[a].Attempts) })
	for _, name := range names {
		if o := operations[name]; len(o.Stages) > 0 && len(out) < chartOperations {
			out = append(out, waterfall(name, &o))
		}
	}
	return out
}

func waterfall(name string, o *Operation) htmlWaterfall {
	w := htmlWaterfall{Operation: name}
	var end float64
	for _, stage := range sortedKeys(o.Stages) {
		end = max(end, stageBar(o, stage, 0).end())
	}
	bars := make([]htmlBar, 0, len(o.Stages)+2)
	wait, service := drawable(o.Wait.MeanUS), drawable(o.Service.MeanUS)
	if o.Service.Count > 0 {
		if wait > 0 {
			bars = append(bars, newBar("wait", "from the moment it was due until it was sent", "wait", 0, &o.Wait))
		}
		bars = append(bars, newBar("service", "from sending until its outcome was known, all together", "service", wait, &o.Service))
	}
	stages := make([]htmlBar, 0, len(o.Stages))
	for _, stage := range slices.Sorted(maps.Keys(o.Stages)) {
		stages = append(stages, stageBar(o, stage, wait))
	}
	slices.SortFunc(stages, func(a, b htmlBar) int {
		return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(a.start, b.start), cmp.Compare(a.order, b.order), cmp.Compare(a.Name, b.Name))
	})
	bars = append(bars, stages...)

	// What takes very much longer than the parts, as a mean with timeouts in it,
	// must not make them invisible.
	width := min(wait+max(service, end), max(4*end, 1)+wait)
	width = max(width, 1)
	for i := range bars {
		b := &bars[i]
		to := b.start + b.length
		if to > width*1.001 {
			to, w.Clipped = width, true
			b.Class += " clipped"
		}
		b.X = fmt.Sprintf("%.2f%%", 100*min(b.start, width)/width)
		b.Width = fmt.Sprintf("%.2f%%", max(100*(to-b.start)/width, 0.25))
	}
	w.Rows = bars
	return w
}

func newBar(name, words, class string, start float64, l *Latency) htmlBar {
	return htmlBar{
		Name: name, Words: words, Class: class, start: drawable(start), length: drawable(l.MeanUS), Count: grouped(l.Count),
		Mean: period(l.MeanUS), P50: period(l.P50US), P99: period(l.P99US), Most: period(l.MaxUS),
	}
}

func (b htmlBar) end() float64 { return b.start + b.length }

// drawable keeps a time within what can be drawn: summaries of others may hold
// anything.
func drawable(us float64) float64 { return min(max(finite(us), 0), 1e15) }

// stageBar places one part of an operation that waited for some time.
func stageBar(o *Operation, stage string, wait float64) htmlBar {
	lane, base := 0, stage
	for _, r := range outcome.Roles {
		if rest, ok := strings.CutPrefix(stage, r.String()+"_"); ok {
			lane, base = int(r), rest
		}
	}
	l := o.Stages[stage]
	start := stageStart(o, stage, base, 0)
	b := newBar(stage, stageWords[base], fmt.Sprintf("stage lane%d", lane), wait+start, &l)
	b.lane, b.order = lane, len(stageOrder)
	for i := range stageOrder {
		if stageOrder[i].name == base {
			b.order = i
		}
	}
	return b
}

// stageStart is when a part begins on average after the sending.
func stageStart(o *Operation, stage, base string, depth int) float64 {
	if depth > len(stageOrder) {
		return 0
	}
	prefix := strings.TrimSuffix(stage, base)
	for _, s := range stageOrder {
		if s.name != base {
			continue
		}
		for _, before := range s.after {
			if l, ok := o.Stages[prefix+before]; ok {
				return stageStart(o, prefix+before, before, depth+1) + drawable(l.MeanUS)
			}
		}
	}
	return 0
}
