package results

import (
	"bytes"
	"os"
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
