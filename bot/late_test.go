package bot_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// In this session the time of a reestablish may be over while a socket of before is
// still ending, so that it cannot connect. It is an attempt with an outcome all the
// same.
func TestAStepThatEndsBeforeItCouldBeginIsCounted(t *testing.T) {
	const file = "testdata/late-reestablish.yaml"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseText(file, string(src))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 { // it is a matter of chance
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, s, 1, nil)
			defer b.stop()
			b.cfg.Timeout, b.cfg.Patience = 4*time.Second, 3*time.Second
			if rep := b.run(); rep != nil && rep.Summary.Operations["reestablish"].Attempts == 0 {
				t.Error("no reestablish was tried")
			}
		})
	}
}
