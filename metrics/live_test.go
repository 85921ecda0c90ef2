package metrics

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chanbot/outcome"
	"chanbot/results"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// machine is what differs from one machine to the next.
var machine = regexp.MustCompile(`[0-9.]+ of [0-9]+ cores, [0-9]+ MiB`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = machine.ReplaceAllString(got, "0.62 of 2 cores, 99 MiB")
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got, -update rewrites):\n%s", name, diff)
	}
}

// notes keeps what was written, for lines.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(b)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

func TestBarsAreReadableAtEveryWidth(t *testing.T) {
	moments := map[time.Duration]string{
		0:                      "nothing yet",
		3 * time.Second:        "set-up",
		6 * time.Second:        "warm-up",
		18 * time.Second:       "load",
		36 * time.Second:       "load, with trouble",
		drainAt + time.Second:  "drain",
		teardown + time.Second: "teardown",
	}
	for _, columns := range []int{60, 80, 200} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run, g := NewRun(Options{Shards: 2}), new(Gauge)
				s := newScreen(t, columns)
				l := NewLive(s, LiveOptions{Scenario: "mixed-load", Run: run, Gauge: g, Load: loadTook, Form: FormBars,
					Size: func() (int, int) { return columns, 24 }})
				l.Start()
				var all strings.Builder
				play(run, g, func(at time.Duration) {
					if name, ok := moments[at]; ok {
						fmt.Fprintf(&all, "== %s\n%s", name, s.text())
					}
				})
				l.Stop()
				fmt.Fprintf(&all, "== after\n%s", s.text())
				golden(t, fmt.Sprintf("live-%d.txt", columns), all.String())
				if colors, _ := s.seen(); colors > 0 {
					t.Errorf("%d colours without Color", colors)
				}
			})
		})
	}
}

func TestBarsLetTheLinesOfOthersPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, 80)
		l := NewLive(s, LiveOptions{Scenario: "steps", Steps: 10, Form: FormBars})
		write := func(text string) {
			if n, err := l.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%d bytes of %d are written, %v", n, len(text), err)
			}
		}
		write("before it starts\n")
		l.Start()
		write("before it draws\n")
		time.Sleep(2 * time.Second)
		write("one\ntwo\nthr")
		time.Sleep(time.Second)
		write("ee\n")
		l.Step(true)
		time.Sleep(time.Second)
		want := "before it starts\nbefore it draws\none\ntwo\nthree\n"
		got := s.text()
		if !strings.HasPrefix(got, want+"steps") || !strings.HasSuffix(got, "1 of 10\n") {
			t.Errorf("the screen is\n%s", got)
		}
		write("just before the end\nunfinished")
		l.Stop()
		write(" and after\n")
		want += "just before the end\nunfinished and after\n"
		if got := s.text(); got != want {
			t.Errorf("at the end the screen is\n%s", got)
		}
	})
}

func TestBarsSurviveTheEchoOfKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, 80)
		l := NewLive(s, LiveOptions{Scenario: "steps", Steps: 10, Form: FormBars})
		l.Start()
		time.Sleep(time.Second + time.Millisecond)
		if _, err := s.Write([]byte("^C")); err != nil { // by the terminal itself
			t.Fatal(err)
		}
		if _, err := l.Write([]byte("interrupted\n")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := s.text(); !strings.HasPrefix(got, "interrupted\nsteps ") || strings.Contains(got, "^C") {
			t.Errorf("the screen is\n%s", got)
		}
		l.Stop()
		if got := s.text(); got != "interrupted\n" {
			t.Errorf("at the end the screen is\n%s", got)
		}
	})
}

func TestBarsColourWhatIsBad(t *testing.T) {
	v := view{scenario: "x", fleet: true, measured: true}
	v.at, v.Pairs, v.Open, v.Lost, v.Stage = time.Second, 10, 8, 2, StageLoad
	v.outcomes[outcome.Signed], v.outcomes[outcome.Died], v.outcomes[outcome.Rejected] = 5, 1, 2
	v.operations = []recentOperation{{name: "transfer", response: quantiles{1000, 150_000}}}
	v.late, v.cores = 15_001, float64(runtime.GOMAXPROCS(0))
	plain, colored := newPainter(false), newPainter(true)
	got := strings.Join(colored.lines(v.rows(), 79, 23), "\n")
	for _, want := range []string{"\x1b[31m1 died, \x1b[0m", "\x1b[33m2 rejected\x1b[0m", "\x1b[31m2 lost\x1b[0m", "\x1b[31mxx", "\x1b[31mlate p99 15.0ms\x1b[0m, \x1b[33m", "5 signed, \x1b[31m"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	bare := strings.Join(plain.lines(v.rows(), 79, 23), "\n")
	if strings.Contains(bare, "\x1b") {
		t.Errorf("colours without Color: %q", bare)
	}
	if stripped := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(got, ""); stripped != bare {
		t.Errorf("without its colours it is\n%s\nwant\n%s", stripped, bare)
	}
}

func TestBarsNeverLeaveTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(0, 1<<50)
		v := view{scenario: rapid.StringN(0, 120, -1).Draw(t, "scenario"), now: time.Duration(count.Draw(t, "now")), fleet: rapid.Bool().Draw(t, "fleet"), measured: true}
		if rapid.Bool().Draw(t, "steps") {
			v.steps, v.stepsDone, v.stepsFailed = count.Draw(t, "steps"), count.Draw(t, "done"), count.Draw(t, "failed")
		}
		v.Stage = Stage(rapid.IntRange(0, int(StageOver)).Draw(t, "stage"))
		v.Pairs, v.Open, v.Opening, v.Lost = int(count.Draw(t, "pairs")), count.Draw(t, "open"), count.Draw(t, "opening"), count.Draw(t, "lost")
		v.Phase = PhaseProgress{Name: rapid.String().Draw(t, "phase"), Number: rapid.IntRange(0, 3).Draw(t, "number"), Of: 3, Warmup: rapid.Bool().Draw(t, "warm")}
		v.phase = part{time.Duration(count.Draw(t, "elapsed")), time.Duration(count.Draw(t, "length"))}
		v.load = part{time.Duration(count.Draw(t, "elapsed")), time.Duration(count.Draw(t, "length"))}
		v.work, v.channels = countdown{count.Draw(t, "done"), count.Draw(t, "of")}, countdown{count.Draw(t, "done"), count.Draw(t, "of")}
		v.at, v.perS, v.late, v.cores, v.rss = 1, float64(count.Draw(t, "rate")), count.Draw(t, "late"), 0.5, 1<<30
		v.violations, v.rule = rapid.IntRange(0, 2).Draw(t, "violations"), rapid.String().Draw(t, "rule")
		for k := range v.outcomes {
			v.outcomes[k] = count.Draw(t, "outcome")
		}
		for range rapid.IntRange(0, 6).Draw(t, "operations") {
			q := quantiles{count.Draw(t, "p50"), count.Draw(t, "p99")}
			v.operations = append(v.operations, recentOperation{name: "force_progress", response: q, service: q})
		}
		width, height := rapid.IntRange(leastColumns, mostColumns).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height")
		p := newPainter(false)
		lines := p.lines(v.rows(), width, height)
		if len(lines) < 1 || len(lines) > height {
			t.Errorf("%d lines in %d", len(lines), height)
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > width {
				t.Errorf("%d columns in %d: %s", n, width, l)
			}
			if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' }) {
				t.Errorf("control characters in %q", l)
			}
		}
	})
}

func TestASmallTerminalKeepsWhatMatters(t *testing.T) {
	v := view{scenario: "x", fleet: true, measured: true}
	v.at, v.Pairs, v.Open, v.Stage, v.late, v.cores = time.Second, 10, 10, StageLoad, 5, 1
	v.Phase, v.phase, v.load = PhaseProgress{Name: "steady", Number: 1, Of: 2}, part{1e9, 2e9}, part{1e9, 4e9}
	v.outcomes[outcome.Signed] = 5
	v.operations = []recentOperation{{name: "transfer"}, {name: "message"}}
	p := newPainter(false)
	for height, want := range map[int]string{
		1: "x", 3: "x channels steady", 5: "x channels steady rate outcomes",
		8:  "x channels steady rate TABLE transfer outcomes queue",
		9:  "x channels steady rate TABLE transfer outcomes queue generator",
		11: "x channels steady whole rate TABLE transfer message outcomes queue generator",
	} {
		var got []string
		for _, l := range p.lines(v.rows(), 79, height) {
			if strings.HasPrefix(l, " ") {
				l = "TABLE"
			}
			got = append(got, strings.Fields(l)[0])
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("in %d lines: %s, want %s", height, text, want)
		}
	}
}

// A terminal that takes nothing any more must not hold up those who do the work.
func TestATerminalThatHangsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, g := NewRun(Options{Shards: 2}), new(Gauge)
		stuck := make(chan struct{})
		l := NewLive(writerFunc(func(b []byte) (int, error) {
			<-stuck
			return len(b), nil
		}), LiveOptions{Scenario: "x", Steps: 1000, Run: run, Gauge: g, Form: FormBars})
		l.Start()
		time.Sleep(10 * time.Second)
		play(run, g, func(time.Duration) { l.Step(true) })
		if began, ended := run.rec.counts(); began != ended || began < 3000 {
			t.Errorf("%d began, %d ended", began, ended)
		}
		close(stuck)
		l.Stop()
	})
}

func TestATerminalThatIsGoneEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		l := NewLive(writerFunc(func([]byte) (int, error) {
			tries++
			return 0, os.ErrClosed
		}), LiveOptions{Scenario: "x", Steps: 10, Form: FormBars})
		l.Start()
		time.Sleep(3 * time.Second)
		if _, err := l.Write([]byte("a line\n")); err != nil {
			t.Error(err)
		}
		l.Stop()
		if tries < 5 {
			t.Errorf("%d frames", tries)
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestTheLiveViewDrawsFourTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, 80)
		l := NewLive(s, LiveOptions{Scenario: "x", Steps: 10, Form: FormBars})
		l.Start()
		time.Sleep(10*time.Second + time.Millisecond)
		if _, writes := s.seen(); writes != 39 {
			t.Errorf("%d writes in 10 s, want one for each frame from half a second on", writes)
		}
		l.Stop()
	})
}

func TestTheLastPartOfARunHoldsItsWarmup(t *testing.T) {
	run := NewRun(Options{Shards: 1})
	s := run.Shard(0)
	for _, warmup := range []bool{true, false} {
		for range 10 {
			r := results.OperationRecord{Operation: outcome.Transfer, Warmup: warmup, Outcome: outcome.Outcome{Kind: outcome.Signed}, Done: time.Millisecond}
			s.Begin(r.Operation, "", warmup)
			s.Record(&r)
		}
	}
	run.Tick(2 * time.Second)
	got := run.recent(liveWindow)
	if got.ended != 20 || got.signedPerS != 10 || len(got.operations) != 1 || got.operations[0].response.p99 != 1000 {
		t.Errorf("%+v", got)
	}
	judged := run.Judge(2*time.Second, []Threshold{{Func: "count", Kind: outcome.Signed, Op: "==", Limit: 10, Last: 5 * time.Second}})
	if judged[0].State != Holds {
		t.Errorf("the warm-up is judged: %+v", judged[0])
	}
}

func TestTimesAndRatesAreShort(t *testing.T) {
	for us, want := range map[int64]string{
		-1: "-", 0: "0µs", 999: "999µs", 1000: "1.00ms", 12_345: "12.3ms", 999_400: "999ms", 999_600: "1.00s",
		4_500_000: "4.50s", 99_960_000: "100s", 600_000_000: "600s", 1_000_000_000: "16:40",
	} {
		if got := micros(us); got != want {
			t.Errorf("%d µs is %s, want %s", us, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-1: "0:00", 59900 * time.Millisecond: "0:59", 61 * time.Second: "1:01", 3723 * time.Second: "1:02:03"} {
		if got := clock(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
	for f, want := range map[float64]string{0: "0", 0.2: "0.20", 9.996: "10.0", 412.4: "412", 12345: "12345"} {
		if got := perSecond(f); got != want {
			t.Errorf("%v is %s, want %s", f, got, want)
		}
	}
}

// A frame is drawn four times a second, and the numbers behind it are added up
// once.
func BenchmarkLiveFrame(b *testing.B) {
	run, g := NewRun(Options{}), new(Gauge)
	g.Begin(200)
	g.Enter(StageLoad)
	g.EnterPhase(PhaseProgress{Name: "steady", Number: 1, Of: 1, Length: time.Hour})
	rng := rand.New(rand.NewPCG(1, 2))
	var r results.OperationRecord
	for n := range 10_000 {
		draw(rng, n, &r)
		run.Shard(n).Begin(r.Operation, r.Phase, r.Warmup)
		run.Shard(n).Record(&r)
		if n%2000 == 0 {
			run.Tick(time.Duration(n/2000) * time.Second)
		}
	}
	run.Tick(5 * time.Second)
	l := newLooker(&LiveOptions{Scenario: "x", Run: run, Gauge: g})
	p := newPainter(true)
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			v := l.look(6*time.Second, 0, 0)
			p.lines(v.rows(), 79, 23)
		}
	})
	b.Run("add up", func(b *testing.B) {
		for b.Loop() {
			run.recent(liveWindow)
		}
	})
}
