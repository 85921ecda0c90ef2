package main

import (
	"testing"
	"time"
)

// It never wakes too early, and it comes to an end. How late it is depends on the
// machine.
func TestSleepIsLongEnough(t *testing.T) {
	sleep := newSleep()
	if sleep == nil {
		t.Skip("there is no exact timer on this system")
	}
	for _, d := range []time.Duration{-time.Second, 0, 1, 50 * time.Microsecond, 3 * time.Millisecond} {
		began := time.Now()
		if sleep(d); time.Since(began) < d {
			t.Errorf("slept for %v instead of %v", time.Since(began), d)
		}
	}
}
