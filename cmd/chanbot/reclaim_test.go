package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"chanbot/accounts"
	"chanbot/results"
	"chanbot/tx"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptUntil waits until the channels file of a run in a folder matches, and
// makes $RUN the folder of the run.
func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until FOLDER REGEXP")
	}
	want, err := regexp.Compile(args[1])
	ts.Check(err)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", "private", "channels"))
		ts.Check(err)
		if len(files) != 1 {
			continue
		}
		if b, err := os.ReadFile(files[0]); err == nil && want.Match(b) {
			ts.Setenv("RUN", filepath.Dir(filepath.Dir(files[0])))
			return
		}
	}
	ts.Fatalf("no run in %s has channels that match %s", args[0], args[1])
}

func TestAccountsOfARun(t *testing.T) {
	const one, two = "chanbot: 1\nname: x\nsteps: [open: ]\n", "chanbot: 1\nname: x\nchannel: {accounts: 2}\nsteps: [open: ]\n"
	for _, c := range []struct {
		text  string
		pairs int
		want  int
	}{{one, 1, 2}, {one, 3, 6}, {two, 3, 12}, {"", 3, 6}, {one, 0, 2}, {one, -1, 2}, {one, 1 << 40, 2}} {
		if got := accountsOf(results.Manifest{Pairs: c.pairs, Scenario: results.ScenarioFile{Name: "x", Text: c.text}}); got != c.want {
			t.Errorf("%d accounts of %d pairs of %q, want %d", got, c.pairs, c.text, c.want)
		}
	}
}

// The steps of a search have seeds of their own, and the accounts of the search.
func TestAStepHasTheAccountsOfItsSearch(t *testing.T) {
	for _, m := range []results.Manifest{{Seed: 7}, {Seed: 9, AccountsSeed: new(uint64(7))}} {
		m.NetworkID, m.Pairs = "ae_dev", 2
		keys, err := new(Command).keysOfRun(new(reclaimOptions), m)
		want := accounts.Derive(7, 4)
		if err != nil || !slices.EqualFunc(keys, want, func(a, b tx.KeyPair) bool { return a.ID() == b.ID() }) {
			t.Errorf("seed %d: %v, %v; want %v", m.Seed, keys, err, want)
		}
	}
}
