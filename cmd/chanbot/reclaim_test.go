package main

import (
	"os"
	"path/filepath"
	"regexp"
	"time"

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
