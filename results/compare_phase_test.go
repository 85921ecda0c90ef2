package results

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
)

func TestOnePhaseOfARun(t *testing.T) {
	folder := writeRun(t, 20, 100, 1)
	all := readRun(t, folder)
	steady, err := ReadComparedRun(folder, "steady")
	if err != nil || steady.attempts() != all.attempts() || steady.Judged != all.Judged {
		t.Errorf("%v; the only phase is not the whole run", err)
	}
	if _, err := ReadComparedRun(folder, "burst"); err == nil || !strings.Contains(err.Error(), `there is no phase "burst"; phases are steady`) {
		t.Errorf("%v", err)
	}
	if err := errorsOf(os.Remove(folder.File(JournalFile)), folder.WriteSummary(&Summary{})); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadComparedRun(folder, "steady"); err == nil || !strings.Contains(err.Error(), "only that tells phases apart") {
		t.Errorf("%v", err)
	}
}

// Set-ups and the end of the channels have measures of their own, and are no
// part of a load: neither in thresholds nor in the rate of summary.json.
func TestAllOperationsOfALoadAreThoseOfItsPhases(t *testing.T) {
	f := new(memory)
	j, err := NewJournal(f, Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	record := func(at time.Duration, op outcome.Operation, phase string, kind outcome.Kind) {
		j.Operation(&OperationRecord{Due: at, Sent: at, Done: at + time.Millisecond, Operation: op, Phase: phase, Outcome: outcome.Outcome{Kind: kind}})
	}
	for i := range 100 {
		record(time.Duration(i)*10*time.Millisecond, outcome.Open, "", outcome.Signed)
	}
	j.Mark(PhaseMark{TUS: 1e6, Phase: "steady", What: MarkMeasure})
	for i := range 200 {
		kind := outcome.Signed
		if i%4 == 0 {
			kind = outcome.Conflict
		}
		record(time.Second+time.Duration(i)*50*time.Millisecond, outcome.Transfer, "steady", kind)
	}
	j.Mark(PhaseMark{TUS: 11e6, Phase: "steady", What: MarkEnd})
	for i := range 100 {
		record(11*time.Second+time.Duration(i)*10*time.Millisecond, outcome.Close, "", outcome.Done)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	m, _, err := readJournalIntervals(bytes.NewReader(f.content()), "")
	if err != nil {
		t.Fatal(err)
	}
	phase := Phase{Operation: Operation{Outcomes: Counts{"signed": 150, "conflict": 50}}}
	summary := &Summary{
		Outcomes: Counts{"signed": 250, "conflict": 50, "done": 100}, Phases: []Phase{phase},
		Operations: map[string]Operation{"open": {Outcomes: Counts{"signed": 100}}, "transfer": phase.Operation, "close": {Outcomes: Counts{"done": 100}}},
	}
	chance := (&CompareOptions{Resamples: 200}).chance(0, 0, "x")
	for _, r := range []*ComparedRun{
		{Source: SourceJournal, Judged: 10 * time.Second, m: m},
		{Source: SourceSummary, Judged: 10 * time.Second, summary: summary},
	} {
		rate := r.readRate(Measure{Func: funcRate, Kind: outcome.Signed}, chance)
		share := r.readShare(Measure{Func: funcShare, Kind: outcome.Signed}, chance)
		opened := r.readRate(Measure{Func: funcRate, Operation: outcome.Open, Kind: outcome.Signed}, chance)
		if rate.value != 15 || share.value != .75 || opened.value != 10 || r.attempts() != 400 {
			t.Errorf("%s: %v signed a second, a share of %v, %v openings a second, %d operations; want 15, 0.75, 10, 400",
				r.Source, rate.value, share.value, opened.value, r.attempts())
		}
		if r.m != nil && (share.draws == nil || slices.Min(share.draws) < .5 || slices.Max(share.draws) > .95) {
			t.Errorf("the share varies from %v to %v", slices.Min(share.draws), slices.Max(share.draws))
		}
	}
}

func TestPhasesAreToldApart(t *testing.T) {
	f := new(memory)
	j, err := NewJournal(f, Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	for n, name := range []string{"calm", "busy"} {
		from := time.Duration(n) * 10 * time.Second
		j.Mark(PhaseMark{TUS: from.Microseconds(), Phase: name, What: MarkMeasure})
		for i := range 100 {
			due := from + time.Duration(i)*100*time.Millisecond
			j.Operation(&OperationRecord{
				Due: due, Sent: due, Done: due + time.Duration(n+1)*time.Millisecond, Operation: outcome.Transfer, Phase: name,
				Outcome: outcome.Outcome{Kind: outcome.Signed},
			})
		}
		j.Mark(PhaseMark{TUS: (from + 10*time.Second).Microseconds(), Phase: name, What: MarkEnd})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for phase, want := range map[string]float64{"calm": 1000, "busy": 2000} {
		m, facts, err := readJournalIntervals(bytes.NewReader(f.content()), phase)
		if err != nil || len(facts.phases) != 2 || len(m.judged) != 1 {
			t.Fatalf("%v, %v, %v", err, facts.phases, m.judged)
		}
		if got := newClockReader(m.operations[outcome.Transfer], outcome.Response).total; got.count() != 100 || got.at(.5) != want {
			t.Errorf("%s: %d times, p50 %v", phase, got.count(), got.at(.5))
		}
	}
}
