package metrics

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// said is what was written down about a run so far.
type said struct {
	lines int
	begun bool
	at    time.Duration
	stage Stage
	phase int
	warm  bool
}

// due tells whether it is time for a plain line: when something new has begun,
// or the last one is old. The beginning of the run is nothing new.
func (s *said) due(v *view) bool {
	next := *s
	next.begun, next.stage, next.phase, next.warm = true, v.Stage, v.Phase.Number, v.Phase.Warmup
	fresh := s.begun && next != *s
	if !fresh && v.now-s.at < sameLine {
		*s = next
		return false
	}
	next.at = v.now
	next.lines++
	*s = next
	return true
}

// line returns the run in one plain line, for logs.
func (v *view) line() string {
	parts := []string{v.scenario + " " + clock(v.now)}
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(v.stageText())
	if v.steps > 0 {
		add(v.stepsText())
	}
	if v.fleet {
		add(v.channelsText())
	}
	if v.measured && v.at > 0 {
		add(v.rateText())
		for i := range v.operations {
			if o := &v.operations[i]; o.response.p50 >= 0 {
				add(fmt.Sprintf("%s response p50 %s p99 %s, service p50 %s p99 %s", o.name,
					micros(o.response.p50), micros(o.response.p99), micros(o.service.p50), micros(o.service.p99)))
				break
			}
		}
		var counts []string
		for _, k := range shownKinds {
			if n := v.outcomes[k]; n > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", n, k))
			}
		}
		add(strings.Join(counts, ", "))
		if v.violations > 0 {
			add("violations " + v.violationsText())
		}
	}
	if v.fleet {
		add(v.queueText())
	}
	if v.measured && v.late >= 0 {
		add("late p99 " + micros(v.late))
	}
	return strings.Join(parts, " | ")
}

// stageText says what the run is busy with; "" for the steps of a scenario.
func (v *view) stageText() string {
	if !v.fleet {
		return ""
	}
	switch v.Stage {
	case StageSetup:
		return "opening the channels"
	case StageLoad:
		if v.Phase.Number == 0 {
			return ""
		}
		text := "phase " + results.Printable(v.Phase.Name)
		if v.Phase.Of > 1 {
			text += fmt.Sprintf(" (%d of %d)", v.Phase.Number, v.Phase.Of)
		}
		if v.Phase.Warmup {
			text += ", warm-up"
		}
		return text + " " + v.phase.text()
	case StageDrain:
		return "finishing what was due, " + strconv.FormatInt(v.work.of-v.work.done, 10) + " left"
	case StageTeardown:
		return "ending the channels"
	}
	return "over"
}

func (v *view) stepsText() string {
	text := fmt.Sprintf("%d of %d steps", v.stepsDone, v.steps)
	if v.stepsFailed > 0 {
		text += fmt.Sprintf(", %d failed", v.stepsFailed)
	}
	return text
}

func (v *view) channelsText() string {
	text := fmt.Sprintf("%d of %d open", v.Open, v.Pairs)
	if v.Opening > 0 {
		text += fmt.Sprintf(", %d opening", v.Opening)
	}
	if v.Lost > 0 {
		text += fmt.Sprintf(", %d lost", v.Lost)
	}
	return text
}

func (v *view) rateText() string {
	return perSecond(v.perS) + " ops/s, " + perSecond(v.signedPerS) + " signed/s"
}

func (v *view) queueText() string {
	return fmt.Sprintf("%d waiting, %d busy", v.Waiting, v.Busy)
}

func (v *view) violationsText() string {
	if v.violations == 1 {
		return "1: " + results.Printable(v.rule)
	}
	return fmt.Sprintf("%d, the last: %s", v.violations, results.Printable(v.rule))
}

// text returns how far a part is, as "0:21 of 1:00".
func (p part) text() string {
	if p.length <= 0 {
		return clock(p.elapsed)
	}
	return clock(min(p.elapsed, p.length)) + " of " + clock(p.length)
}

// shownKinds are the outcomes in the order in which a live view shows them: what
// went well, then the worst first.
var shownKinds = [...]outcome.Kind{
	outcome.Signed, outcome.Done,
	outcome.Violation, outcome.Died, outcome.Disconnected, outcome.Unknown, outcome.Timeout,
	outcome.Refused, outcome.Rejected, outcome.Conflict, outcome.Aborted, outcome.Cancelled,
}
