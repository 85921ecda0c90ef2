package results

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"chanbot/outcome"
)

// killed is the journal that TestMain's child writes until it is killed.
const killed = "CHANBOT_TEST_JOURNAL"

func TestMain(m *testing.M) {
	if path := os.Getenv(killed); path != "" {
		writeUntilKilled(path)
	}
	code := m.Run()
	for _, f := range AfterTests {
		f()
	}
	os.Exit(code)
}

// AfterTests are called when all tests are over.
var AfterTests []func()

// writeUntilKilled records an operation each millisecond and says how many.
func writeUntilKilled(path string) {
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	j, err := NewJournal(file, sampleManifest)
	if err != nil {
		panic(err)
	}
	for n := 1; ; n++ {
		j.Operation(&OperationRecord{Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed, Round: uint64(n)}, Done: time.Duration(n) * time.Millisecond})
		fmt.Println(n)
		time.Sleep(time.Millisecond)
	}
}

// TestAKilledRunLosesItsLastSecondAtMost kills processes at random moments;
// CHANBOT_KILLS says how many.
func TestAKilledRunLosesItsLastSecondAtMost(t *testing.T) {
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("CHANBOT_KILLS")); err == nil {
		kills = n
	}
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	worst := 0
	for i := range kills {
		path := filepath.Join(t.TempDir(), "journal")
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killed+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last, after := 0, 1+rng.IntN(1500)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if last == after {
				_ = cmd.Process.Kill() // it may not be gone at once
			}
		}
		_ = cmd.Wait() // it was killed
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, missing, err := readAll(b)
		if err != nil || missing.Manifest || !missing.End {
			t.Errorf("kill %d after %d operations: %+v, %v", i, last, missing, err)
		}
		lost := last - len(got.operations)
		worst = max(worst, lost)
		if lost > 1000 {
			t.Errorf("kill %d: %d of %d operations are lost", i, lost, last)
		}
	}
	t.Logf("%d kills, at most %d operations of a millisecond each were lost", kills, worst)
}
