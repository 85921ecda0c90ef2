package main

import (
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"chanbot/results"
)

// scriptFolder makes $RUN the folder of the one run in a folder.
func scriptFolder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: folder DIR")
	}
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", results.ManifestFile))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d runs in %s: %v", len(found), args[0], found)
	}
	ts.Setenv("RUN", filepath.Dir(found[0]))
}
