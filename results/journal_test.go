package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/outcome"

	"github.com/google/go-cmp/cmp"
)

// memory is a file in memory.
type memory struct {
	mu sync.Mutex
	bytes.Buffer
	fail  error
	block chan struct{} // writing waits for it
}

func (m *memory) Write(b []byte) (int, error) {
	if m.block != nil {
		<-m.block
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return 0, m.fail
	}
	return m.Buffer.Write(b)
}

func (m *memory) Close() error { return nil }

func (m *memory) content() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.Bytes())
}

// operationOf draws a plausible operation; r.Stages is reused.
func operationOf(rng *rand.Rand, n int, r *OperationRecord) {
	due := time.Duration(n)*200*time.Microsecond + time.Duration(rng.IntN(200_000))
	sent := due
	if rng.IntN(4) == 0 {
		sent += time.Duration(rng.ExpFloat64() * 3e5)
	}
	took := 700*time.Microsecond + time.Duration(rng.ExpFloat64()*9e5)
	*r = OperationRecord{
		Due: due, Sent: sent, Done: sent + took, Pair: rng.IntN(200), Role: outcome.Initiator,
		Operation: outcome.Transfer, Phase: "steady", Warmup: n < 100,
		Outcome: outcome.Outcome{Kind: outcome.Signed, Round: uint64(300 + n/200)},
		Stages:  append(r.Stages[:0], Stage{"request", took / 5}, Stage{"sign", took / 4}, Stage{"ack", took / 3}, Stage{"update", took / 6}),
	}
	switch rng.IntN(20) {
	case 0:
		r.Outcome = outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode, Round: 7}
		r.Stages = r.Stages[:1]
	case 1:
		r.Operation, r.Role = outcome.Message, outcome.Responder
		r.Outcome = outcome.Outcome{Kind: outcome.Done}
		r.Stages = append(r.Stages[:0], Stage{"delivery", took})
	case 2:
		r.Outcome = outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByBot, Detail: "sign"}
		r.Stages = r.Stages[:0]
	}
}

var sampleManifest = Manifest{
	Version: ManifestVersion, Chanbot: "1.2.3", Seed: 7, Scenario: NewScenarioFile("mixed", "", "chanbot: 1"),
	Node: "embedded", NetworkID: "ae_dev", Started: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Pairs: 200,
}

var sampleViolation = Violation{Pair: 3, Role: outcome.Responder, Rule: "round", Expected: "8", Got: "9", Frames: []ViolationFrame{{TMS: 1.5, Side: "responder", Dir: DirIn, Frame: json.RawMessage(`{"a":1}`)}}}

// write fills a journal with n operations and one of everything else.
func writeJournal(t testing.TB, n int) []byte {
	t.Helper()
	m := new(memory)
	j, err := NewJournal(m, sampleManifest)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	j.Mark(PhaseMark{TUS: 1, Phase: "steady", What: MarkMeasure})
	j.TimeMark(TimeMark{TUS: 2, TookUS: 3, Kind: KindFault, Text: "silence"})
	var r OperationRecord
	for i := range n {
		operationOf(rng, i, &r)
		j.Operation(&r)
		if i%(n/3+1) == 1 {
			j.Sample(GeneratorSample{TUS: r.Done.Microseconds(), Attempts: int64(i + 3), Ended: int64(i + 1), Late: []LateCount{{US: 3, N: 5}}})
			j.mu.Lock()
			j.handLocked() // a block of its own
			j.mu.Unlock()
		}
	}
	j.Violation(sampleViolation)
	j.End(End{TUS: r.Done.Microseconds(), Attempts: int64(n), Pairs: 200, Verdict: Failed})
	if err := j.Close(); err != nil || j.Lost() != 0 {
		t.Fatalf("close: %v, %d lost", err, j.Lost())
	}
	return m.content()
}

// seen is everything that a journal holds.
type seen struct {
	manifests  []Manifest
	operations []OperationRecord
	samples    []GeneratorSample
	violations []Violation
	marks      []PhaseMark
	timeMarks  []TimeMark
	ends       []End
}

func readAll(b []byte) (seen, Missing, error) {
	var s seen
	m, err := ReadJournal(bytes.NewReader(b), Visitor{
		Manifest: func(m Manifest) { s.manifests = append(s.manifests, m) },
		Operation: func(r *OperationRecord) {
			c := *r
			c.Stages = slices.Clone(r.Stages)
			s.operations = append(s.operations, c)
		},
		Sample:    func(g GeneratorSample) { s.samples = append(s.samples, g) },
		Violation: func(v Violation) { s.violations = append(s.violations, v) },
		Mark:      func(p PhaseMark) { s.marks = append(s.marks, p) },
		TimeMark:  func(m TimeMark) { s.timeMarks = append(s.timeMarks, m) },
		End:       func(e End) { s.ends = append(s.ends, e) },
	})
	return s, m, err
}

func TestAJournalReadsBack(t *testing.T) {
	const n = 10_000
	got, missing, err := readAll(writeJournal(t, n))
	if err != nil || !missing.Complete() {
		t.Fatalf("%v, missing: %q", err, missing.Lines())
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var want OperationRecord
	for i, r := range got.operations {
		operationOf(rng, i, &want)
		want.Due, want.Sent, want.Done = want.Due.Truncate(time.Microsecond), want.Sent.Truncate(time.Microsecond), want.Done.Truncate(time.Microsecond)
		for k := range want.Stages {
			want.Stages[k].Took = want.Stages[k].Took.Truncate(time.Microsecond)
		}
		if len(want.Stages) == 0 {
			want.Stages = nil
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Fatalf("operation %d (-want +got):\n%s", i, diff)
		}
	}
	if len(got.operations) != n || len(got.manifests) != 1 || len(got.samples) != 3 || len(got.marks) != 1 || len(got.ends) != 1 {
		t.Errorf("%d operations, %d manifests, %d samples, %d marks, %d ends", len(got.operations), len(got.manifests), len(got.samples), len(got.marks), len(got.ends))
	}
	if diff := cmp.Diff([]Manifest{sampleManifest}, got.manifests); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]TimeMark{{TUS: 2, TookUS: 3, Kind: KindFault, Text: "silence"}}, got.timeMarks); diff != "" {
		t.Errorf("time marks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Violation{sampleViolation}, got.violations); diff != "" {
		t.Errorf("violation (-want +got):\n%s", diff)
	}
}

// cut checks a journal that ends after n bytes of whole: what was read is a
// beginning of what was written, and what is missing is said.
func checkCut(t *testing.T, whole []byte, all seen, n int) {
	t.Helper()
	got, missing, err := readAll(whole[:n])
	if err != nil {
		t.Fatalf("cut at %d: %v", n, err)
	}
	if len(got.operations) > len(all.operations) {
		t.Fatalf("cut at %d: %d operations of %d", n, len(got.operations), len(all.operations))
	}
	for i := range got.operations {
		if got.operations[i].Done != all.operations[i].Done {
			t.Fatalf("cut at %d: operation %d is another", n, i)
		}
	}
	if lines := missing.Lines(); n < len(whole) && (!missing.End || len(lines) == 0) || n == len(whole) && len(lines) > 0 {
		t.Fatalf("cut at %d of %d: missing %q", n, len(whole), lines)
	}
	if len(got.manifests) == 0 && !missing.Manifest || len(missing.Damaged) > 0 || missing.Blocks > 0 {
		t.Fatalf("cut at %d: %+v", n, missing)
	}
}

func TestAJournalCutAnywhereSaysWhatIsMissing(t *testing.T) {
	whole := writeJournal(t, 40)
	all, _, _ := readAll(whole)
	for n := range len(whole) + 1 {
		checkCut(t, whole, all, n)
	}
	whole = writeJournal(t, 30_000)
	all, _, _ = readAll(whole)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		checkCut(t, whole, all, rng.IntN(len(whole)))
	}
}

func TestDamageCostsOneBlock(t *testing.T) {
	whole := writeJournal(t, 3000)
	all, _, _ := readAll(whole)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		broken := slices.Clone(whole)
		at := rng.IntN(len(broken))
		var what string
		switch rng.IntN(3) {
		case 0:
			what = "a wrong byte"
			broken[at] ^= 1 << rng.IntN(8)
		case 1:
			what = "bytes left out"
			broken = slices.Delete(broken, at, min(at+1+rng.IntN(40), len(broken)))
		case 2:
			what = "bytes put in"
			broken = slices.Insert(broken, at, []byte("\xf5CJB and more")...)
		}
		got, missing, err := readAll(broken)
		if version := at < len(journalMagic); version && err != nil {
			continue
		}
		if err != nil {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
		if missing.Complete() {
			t.Errorf("%s at %d: nothing is said", what, at)
		}
		if lost := len(all.operations) - len(got.operations); lost > 2100 {
			t.Errorf("%s at %d of %d: %d operations lost", what, at, len(whole), lost)
		}
	}
}

func TestAJournalIsOnDiskSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		j, err := NewJournal(m, sampleManifest)
		if err != nil {
			t.Fatal(err)
		}
		if s, _, _ := readAll(m.content()); len(s.manifests) != 1 {
			t.Error("the manifest is not there at once")
		}
		j.Operation(&OperationRecord{Operation: outcome.Ping, Outcome: outcome.Outcome{Kind: outcome.Done}})
		time.Sleep(FlushEvery)
		synctest.Wait()
		if s, _, _ := readAll(m.content()); len(s.operations) != 1 {
			t.Errorf("%d operations after %v", len(s.operations), FlushEvery)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	})
}

func TestASlowDiskLosesOperationsAndSaysSo(t *testing.T) {
	m := &memory{block: make(chan struct{}, 1)}
	m.block <- struct{}{} // for the manifest
	j, err := NewJournal(m, sampleManifest)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	n := 0
	for r := new(OperationRecord); j.Lost() < 100 && n < 1_000_000; n++ {
		operationOf(rng, n, r)
		j.Operation(r)
	}
	lost := j.Lost()
	close(m.block)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, missing, err := readAll(m.content())
	if err != nil || lost == 0 || missing.Lost != lost || len(got.operations)+int(lost) != n {
		t.Errorf("%d operations, %d lost, the journal says %d; %v", len(got.operations), lost, missing.Lost, err)
	}
}

func TestAFullDiskIsAnError(t *testing.T) {
	m := new(memory)
	j, err := NewJournal(m, sampleManifest)
	if err != nil {
		t.Fatal(err)
	}
	m.fail = errors.New("no space left")
	j.Operation(&OperationRecord{Operation: outcome.Ping, Outcome: outcome.Outcome{Kind: outcome.Done}})
	if err := j.Close(); err == nil || !strings.Contains(err.Error(), "no space left") || j.Lost() != 1 {
		t.Errorf("%v, %d lost", err, j.Lost())
	}
	if _, err := NewJournal(m, sampleManifest); err == nil {
		t.Error("a journal that cannot begin is no error")
	}
}

func TestManyNamesAndLongTexts(t *testing.T) {
	m := new(memory)
	j, err := NewJournal(m, sampleManifest)
	if err != nil {
		t.Fatal(err)
	}
	key := "sk_" + strings.Repeat("a", 60)
	for i := range 600 {
		j.Operation(&OperationRecord{
			Operation: outcome.Ping, Outcome: outcome.Outcome{Kind: outcome.Rejected, Code: -i, Detail: fmt.Sprint(i, " ", key, strings.Repeat("x", 300))},
			Stages: []Stage{{Name: fmt.Sprint("stage ", i), Took: -time.Second}},
		})
	}
	huge := sampleViolation
	huge.Frames = []ViolationFrame{{Frame: json.RawMessage(`"` + strings.Repeat("x", maxContent) + `"`)}}
	j.Violation(huge)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(m.content(), []byte(key)) {
		t.Error("a secret key is in the journal")
	}
	got, missing, err := readAll(m.content())
	if err != nil || len(got.operations) != 600 || !missing.End || len(got.violations) != 1 || got.violations[0].Frames != nil {
		t.Fatalf("%d operations, %d violations, %+v, %v", len(got.operations), len(got.violations), missing, err)
	}
	last := got.operations[599]
	if last.Outcome.Code != -599 || len(last.Outcome.Detail) > maxDetail || last.Stages[0] != (Stage{"stage 599", -time.Second}) {
		t.Errorf("%+v", last)
	}
}

func TestAnotherVersionIsRefused(t *testing.T) {
	b := writeJournal(t, 3)
	b = append([]byte("chanbot journal 2\n"), b[len(journalMagic):]...)
	if _, _, err := readAll(b); err == nil || !strings.Contains(err.Error(), `"2"`) {
		t.Errorf("got %v", err)
	}
}

func TestAReaderThatFails(t *testing.T) {
	b := writeJournal(t, 100)
	broken := errors.New("input/output error")
	missing, err := ReadJournal(io.MultiReader(bytes.NewReader(b[:len(b)/2]), &failing{broken}), Visitor{})
	if !errors.Is(err, broken) || !missing.End {
		t.Errorf("%v, %+v", err, missing)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
