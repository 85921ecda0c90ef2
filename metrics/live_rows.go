package metrics

import (
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"chanbot/outcome"
	"chanbot/results"
)

// The colours, as SGR numbers.
const (
	sgrBold   = "1"
	sgrFaint  = "2"
	sgrRed    = "31"
	sgrGreen  = "32"
	sgrYellow = "33"
)

// piece is text in one colour.
type piece struct{ text, sgr string }

// row is one line of the live view on a terminal.
type row struct {
	left  []piece
	meter *meter // takes the room between left and right; nil for none
	right []piece
	// rank says what has to go first where there is no room for all rows: the
	// highest.
	rank int
	// wraps says that left may go on in a second line.
	wraps bool
}

// meter is a bar that is partly full.
type meter struct {
	current, of int64
	bad         int64 // part of current
	warm        bool  // it is the warm-up's
}

// labelWidth is the room for the names of rows.
const labelWidth = 11

func named(text, sgr string) piece {
	text = results.Printable(text)
	if utf8.RuneCountInString(text) > labelWidth {
		text = string([]rune(text)[:labelWidth-1]) + "…"
	}
	return piece{text + strings.Repeat(" ", labelWidth+1-utf8.RuneCountInString(text)), sgr}
}

func textRow(rank int, name string, pieces ...piece) row {
	return row{left: append([]piece{named(name, sgrFaint)}, pieces...), rank: rank}
}

// rows returns the run as lines of the live view, the most important ones with
// the lowest ranks.
func (v *view) rows() []row {
	head := row{left: []piece{{results.Printable(v.scenario), sgrBold}}, right: []piece{{clock(v.now), ""}}}
	if text := v.headText(); text != "" {
		head.left = append(head.left, piece{"  " + text, ""})
	}
	all := []row{head}
	if v.steps > 0 {
		all = append(all, row{left: []piece{named("steps", sgrFaint)}, meter: &meter{current: v.stepsDone, of: v.steps, bad: v.stepsFailed},
			right: bad(fmt.Sprintf("%d of %d", v.stepsDone, v.steps), v.stepsFailed, "failed"), rank: 1})
	}
	if v.fleet {
		all = append(all, v.fleetRows()...)
	}
	if v.measured && v.at > 0 {
		all = append(all, v.runRows()...)
	}
	if v.fleet {
		all = append(all, textRow(3, "queue", piece{v.queueText(), ""}))
	}
	if v.measured && v.at > 0 {
		if pieces := v.generator(); len(pieces) > 0 {
			all = append(all, textRow(4, "generator", pieces...))
		}
	}
	return all
}

// headText says what the run is busy with.
func (v *view) headText() string {
	if v.fleet && v.Stage == StageLoad && v.Phase.Number > 0 {
		return fmt.Sprintf("load, phase %d of %d", v.Phase.Number, v.Phase.Of)
	}
	if v.Stage == StageDrain {
		return "finishing what was due"
	}
	return v.stageText()
}

// bad adds how many went wrong, in red.
func bad(text string, n int64, what string) []piece {
	if n == 0 {
		return []piece{{text, ""}}
	}
	return []piece{{text + ", ", ""}, {fmt.Sprintf("%d %s", n, what), sgrRed}}
}

// fleetRows are the channels, and the part of the run that goes on.
func (v *view) fleetRows() []row {
	channels := row{left: []piece{named("channels", sgrFaint)}, rank: 1}
	switch {
	case v.Stage >= StageTeardown:
		channels.meter = &meter{current: v.channels.done, of: v.channels.of}
		channels.right = bad(fmt.Sprintf("%d of %d ended", v.channels.done, v.channels.of), v.Lost, "lost")
	default:
		channels.meter = &meter{current: v.Open + v.Lost, of: int64(v.Pairs), bad: v.Lost}
		text := fmt.Sprintf("%d of %d open", v.Open, v.Pairs)
		if v.Opening > 0 {
			text += fmt.Sprintf(", %d opening", v.Opening)
		}
		channels.right = bad(text, v.Lost, "lost")
	}
	all := []row{channels}
	switch {
	case v.Stage == StageLoad && v.Phase.Number > 0:
		right := []piece{{v.phase.text(), ""}}
		if v.Phase.Warmup {
			right = []piece{{"warm-up ", sgrYellow}, {v.phase.text(), ""}}
		}
		all = append(all, row{left: []piece{named(v.Phase.Name, "")}, meter: v.phase.meter(v.Phase.Warmup), right: right, rank: 1})
		if v.load.length > 0 && (v.Phase.Of > 1 || v.load.length > v.phase.length) {
			all = append(all, row{left: []piece{named("whole load", sgrFaint)}, meter: v.load.meter(false), right: []piece{{v.load.text(), ""}}, rank: 5})
		}
	case v.Stage == StageDrain:
		all = append(all, row{left: []piece{named("drain", sgrFaint)}, meter: &meter{current: v.work.done, of: v.work.of},
			right: []piece{{fmt.Sprintf("%d of %d left", v.work.of-v.work.done, v.work.of), ""}}, rank: 1})
	}
	return all
}

// meter returns nil when nobody knows the length.
func (p part) meter(warm bool) *meter {
	if p.length <= 0 {
		return nil
	}
	return &meter{current: int64(min(p.elapsed, p.length)), of: int64(p.length), warm: warm}
}

// maxOperations is how many operations are shown at most.
const maxOperations = 4

// runRows are what was measured.
func (v *view) runRows() []row {
	all := []row{textRow(2, "rate", piece{v.rateText(), ""})}
	if len(v.operations) > 0 {
		all = append(all, operationRow(3, sgrFaint, "", "ops/s", "resp. p50", "p99", "serv. p50", "p99"))
	}
	for i := range v.operations[:min(len(v.operations), maxOperations)] {
		o := &v.operations[i]
		rank := 6
		if i == 0 {
			rank = 3
		}
		all = append(all, operationRow(rank, "", string(o.name), perSecond(o.perS),
			micros(o.response.p50), micros(o.response.p99), micros(o.service.p50), micros(o.service.p99)))
	}
	outcomes := textRow(2, "outcomes")
	outcomes.wraps = true
	for _, k := range shownKinds {
		if n := v.outcomes[k]; n > 0 {
			if len(outcomes.left) > 1 {
				outcomes.left[len(outcomes.left)-1].text += ", "
			}
			outcomes.left = append(outcomes.left, piece{fmt.Sprintf("%d %s", n, k), kindSGR(k)})
		}
	}
	if len(outcomes.left) > 1 {
		all = append(all, outcomes)
	}
	if v.violations > 0 {
		all = append(all, textRow(2, "violations", piece{v.violationsText(), sgrRed}))
	}
	return all
}

// cellWidths are those of the table of operations behind the label; it fits into
// 60 columns.
var cellWidths = [...]int{8, 10, 9, 10, 9}

// operationRow is a line of the table of operations.
func operationRow(rank int, sgr, name string, cells ...string) row {
	r := row{left: []piece{named(name, sgr)}, rank: rank}
	for i, c := range cells {
		r.left = append(r.left, piece{strings.Repeat(" ", max(0, cellWidths[i]-utf8.RuneCountInString(c))) + c, sgr})
	}
	return r
}

// kindSGR is the colour of an outcome: red for what should not happen, yellow
// for what somebody may have wanted.
func kindSGR(k outcome.Kind) string {
	switch k {
	case outcome.Violation, outcome.Died, outcome.Disconnected, outcome.Unknown:
		return sgrRed
	case outcome.Timeout, outcome.Refused, outcome.Rejected:
		return sgrYellow
	}
	return ""
}

// generator says how the load generator itself is, in colours where its
// measurements are about to be worth nothing.
func (v *view) generator() []piece {
	var pieces []piece
	add := func(text, sgr string) {
		if len(pieces) > 0 {
			pieces = append(pieces, piece{", ", ""})
		}
		pieces = append(pieces, piece{text, sgr})
	}
	warn := func(bad bool, sgr string) string {
		if bad {
			return sgr
		}
		return ""
	}
	if v.late >= 0 {
		add("late p99 "+micros(v.late), warn(v.tooLate(), sgrRed))
	}
	if v.cores >= 0 {
		all := runtime.GOMAXPROCS(0)
		add(fmt.Sprintf("%.2f of %d cores", v.cores, all), warn(v.cores > results.MaxCPUShare*float64(all), sgrYellow))
	}
	if v.rss > 0 {
		add(fmt.Sprintf("%d MiB", v.rss>>20), "")
	}
	return pieces
}

// tooLate tells whether the schedule is kept worse than a valid measurement
// needs.
func (v *view) tooLate() bool {
	if len(v.operations) == 0 {
		return false
	}
	service := results.Latency{P50US: float64(v.operations[0].service.p50)}
	return float64(v.late) > results.LateLimit(service, v.maxLate)
}
