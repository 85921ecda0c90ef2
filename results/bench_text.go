package results

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Head says in two lines what is searched, and where.
func (b *Bench) Head(st Style) string {
	title := fmt.Sprintf("the highest rate of %s at which %s", b.Unit, b.holds())
	where := fmt.Sprintf("%s, %s, node %s, %s, seed %d, %s", b.Scenario, b.Arrivals, b.nodeName(), b.NetworkID, b.Seed, plural(b.Pairs, "channel"))
	var out strings.Builder
	for _, l := range wrap(title, st.width()) {
		out.WriteString(st.paint(bold, l) + "\n")
	}
	for _, l := range wrap(where, st.width()) {
		out.WriteString(st.paint(faint, l) + "\n")
	}
	return out.String()
}

// holds says what has to hold.
func (b *Bench) holds() string {
	all := slices.Clone(b.Objective)
	if b.AllExpected {
		all = append(all, "everything ends as expected")
	}
	return strings.Join(all, " and ")
}

func (b *Bench) nodeName() string {
	if b.Node != "embedded" && b.NodeVersion != "" {
		return b.Node + " (" + b.NodeVersion + ")"
	}
	return b.Node
}

// mark is the sign of a verdict, and its colour.
func (v StepVerdict) mark() (sign, color string) {
	switch v {
	case StepHeld:
		return "✓", green
	case StepBroke:
		return "✗", red
	}
	return "!", yellow
}

// Line is what became of a step, in a line of the terminal, with the reasons
// below when they have no room in it.
func (s *BenchStep) Line(st Style) string {
	sign, color := s.Verdict.mark()
	stage := string(s.Stage)
	if s.Again {
		stage += ", again"
	}
	p99, achieved := "-", "-"
	if s.Response.Count > 0 {
		p99 = shortMicros(s.Response.P99US)
	}
	if s.MeasuredS > 0 {
		achieved = RateText(s.AchievedPerS)
	}
	text := pad(stage, 14, false) + " " + pad(RateText(s.RatePerS), 9, true) + " " + pad(achieved, 10, true) + "  p99 " + pad(p99, 7, true)
	text = "  " + st.paint(color, sign) + pad(strconv.Itoa(s.Number), 4, true) + "  " + text + "  " + st.paint(color, string(s.Verdict))
	if s.Verdict == StepHeld || len(s.Reasons) == 0 {
		return text + "\n"
	}
	room := st.width() - 8
	var out strings.Builder
	out.WriteString(text + "\n")
	for _, r := range s.Reasons {
		for _, l := range wrap(r, room) {
			out.WriteString(strings.Repeat(" ", 8) + st.paint(faint, l) + "\n")
		}
	}
	return out.String()
}

// RateText writes a rate a second as "1,240/s".
func RateText(perS float64) string { return rateNumber(perS) + "/s" }

// rateNumber writes a rate without digits that mean nothing.
func rateNumber(perS float64) string {
	switch a := math.Abs(perS); {
	case a >= 99.95:
		return thousands(int64(math.Round(perS)))
	case a >= 9.995:
		return strconv.FormatFloat(math.Round(perS*10)/10, 'f', -1, 64)
	}
	return strconv.FormatFloat(perS, 'g', 3, 64)
}

// thousands writes a number with commas, as people quote it.
func thousands(n int64) string { return strings.ReplaceAll(commas(n), thin, ",") }

func commas(n int64) string {
	if n > -10000 && n < 10000 && (n >= 1000 || n <= -1000) { // grouped leaves four digits together
		return strconv.FormatInt(n/1000, 10) + thin + fmt.Sprintf("%03d", max(n%1000, -(n%1000)))
	}
	return grouped(n)
}

// Render draws the curve and what the search came to, for a terminal, with the
// notes before the last line, which can be quoted.
func (b *Bench) Render(st Style, notes ...string) string {
	var out strings.Builder
	b.renderCurve(&out, st)
	for _, r := range b.Reasons {
		for i, l := range wrap(r, st.width()-4) {
			mark := st.paint(yellow, "!")
			if i > 0 {
				mark = " "
			}
			out.WriteString("  " + mark + " " + l + "\n")
		}
	}
	if len(b.Reasons) > 0 {
		out.WriteString("\n")
	}
	for _, n := range notes {
		out.WriteString(n + "\n")
	}
	code := yellow
	switch {
	case b.Verdict == BenchFound:
		code = bold
	case b.Verdict == BenchNothing && !b.unmeasured():
		code = red
	}
	out.WriteString(st.paint(code, b.Line) + "\n")
	return out.String()
}

// RenderSteps draws a line for each step.
func (b *Bench) RenderSteps(st Style) string {
	var out strings.Builder
	for i := range b.Steps {
		out.WriteString(b.Steps[i].Line(st))
	}
	return out.String()
}

// Columns of the curve, and how wide the picture may be.
const (
	benchCell = 10
	benchRows = 6*benchCell + 4
	benchBar  = 40
)

// renderCurve writes a row for each rate, with a picture of the response time
// on a scale of powers of ten.
func (b *Bench) renderCurve(out *strings.Builder, st Style) {
	points := b.curve()
	if len(points) == 0 {
		return
	}
	least, most := math.Inf(1), 0.0
	for _, p := range points {
		if p.responseP99 > 0 {
			least, most = min(least, p.responseP99), max(most, p.responseP99)
		}
	}
	row := func(cells ...string) string {
		var line strings.Builder
		for _, c := range cells {
			line.WriteString(pad(c, benchCell, true))
		}
		return line.String()
	}
	room := min(st.width()-benchRows-1, benchBar)
	out.WriteString(st.paint(faint, "    "+row("", "", "response", "", "service", "")) + "\n")
	title := "    " + row("offered", "achieved", "p50", "p99", "p50", "p99")
	if room >= 8 {
		title += "  response p99"
	}
	out.WriteString(st.paint(faint, shorten(title, st.width())) + "\n")
	for _, p := range points {
		sign, color := p.verdict.mark()
		cells := row(RateText(p.rate), RateText(p.achieved), timeText(p.responseP50), timeText(p.responseP99), timeText(p.serviceP50), timeText(p.serviceP99))
		code := ""
		if p.confirmed {
			code = bold
		}
		line := "  " + st.paint(color, sign) + " " + st.paint(code, cells)
		if room >= 8 && p.responseP99 > 0 {
			line += "  " + st.paint(color, bar(math.Log(p.responseP99/least), math.Log(most/least), room-1))
		}
		out.WriteString(line + "\n")
	}
	out.WriteString("\n")
}

func timeText(us float64) string {
	if us <= 0 {
		return "-"
	}
	return shortMicros(us)
}

// bar draws a part of a whole in eighths of a column; nothing is a thin line.
func bar(part, whole float64, columns int) string {
	eighths := 1
	if whole > 0 {
		eighths = max(int(math.Round(part/whole*float64(8*columns))), 1)
	}
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// Quote writes the result as a line that can be quoted; without one, the line
// says what is known.
func (b *Bench) Quote() string {
	where := []string{plural(b.Pairs, "channel")}
	if b.Unit != UnitTransfers {
		where = append(where, "scenario "+b.Scenario)
	}
	if b.Node == "embedded" {
		where = append(where, "embedded node "+b.Chanbot)
	} else {
		where = append(where, "node "+b.nodeName())
	}
	where = append(where, fmt.Sprintf("seed %d", b.Seed))
	tail := strings.Join(where, ", ")
	if r := b.Result; r != nil {
		text := fmt.Sprintf("%s %s/s sustained (%s, %s of %s), p99 %s",
			rateNumber(r.RatePerS), b.Unit, spreadText(r.Achieved.around(r.RatePerS)), plural(r.Runs, "run"), secondsText(r.RunS), spacedTime(r.Response.P99US))
		if r.Runs > 1 {
			text += fmt.Sprintf(" (%s)", spacedRange(r.ResponseP99))
		}
		if b.Verdict == BenchAtLeast {
			text = "at least " + text
		}
		return text + ", " + tail
	}
	if b.unmeasured() {
		return "not measured: chanbot could not keep up; " + tail
	}
	best := 0.0
	for _, s := range b.Steps {
		if s.Verdict == StepHeld && s.RatePerS > best && !b.brokeAt(s.RatePerS) {
			best = s.RatePerS
		}
	}
	held := "no rate held"
	switch {
	case best > 0:
		held = fmt.Sprintf("%s %s/s held once", rateNumber(best), b.Unit)
	case slices.ContainsFunc(b.Steps, func(s BenchStep) bool { return s.Verdict == StepHeld }):
		held = "no rate held every time"
	}
	switch {
	case b.Verdict == BenchStopped:
		return fmt.Sprintf("stopped early: %s, and none was confirmed; %s", held, tail)
	case best == 0:
		return held + "; " + tail
	}
	return fmt.Sprintf("not confirmed: %s; %s", held, tail)
}

// unmeasured says that no rate held because of chanbot, so that the search says
// nothing about the node.
func (b *Bench) unmeasured() bool {
	return b.Verdict == BenchNothing && b.Limit == LimitGenerator && b.Violations == 0
}

// brokeAt says that the last word on a rate, or on one below it, is that it did
// not hold.
func (b *Bench) brokeAt(rate float64) bool {
	last := map[float64]StepVerdict{}
	for _, s := range b.Steps {
		if s.Verdict != StepInterrupted {
			last[s.RatePerS] = s.Verdict
		}
	}
	for r, v := range last {
		if r <= rate && v != StepHeld {
			return true
		}
	}
	return false
}

// spreadText writes a part of a whole as a percentage, rounded up.
func spreadText(part float64) string {
	return "±" + strconv.FormatFloat(max(math.Ceil(part*1000-1e-9)/10, 0.1), 'f', -1, 64) + "%"
}

// spacedTime writes a time with a space before its unit.
func spacedTime(us float64) string {
	text := shortMicros(us)
	at := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if at <= 0 || strings.IndexFunc(text[at:], func(r rune) bool { return r >= '0' && r <= '9' }) >= 0 {
		return text
	}
	return text[:at] + " " + text[at:]
}

// spacedRange writes the smallest and the largest of several times; the unit is
// left out where both have the same.
func spacedRange(s Spread) string {
	low, high := spacedTime(s.Min), spacedTime(s.Max)
	number, unit, ok := strings.Cut(low, " ")
	if _, same, _ := strings.Cut(high, " "); ok && unit == same {
		low = number
	}
	if low == strings.TrimSuffix(high, " "+unit) || utf8.RuneCountInString(low) == 0 {
		return high
	}
	return low + "–" + high
}

func secondsText(s float64) string {
	if d := seconds(s); d >= time.Second && d < 2*time.Minute {
		return strconv.FormatFloat(math.Round(s*10)/10, 'f', -1, 64) + " s"
	}
	return short(seconds(s))
}
