//go:build !linux

package main

import "time"

// newSleep returns a function that waits for short times more exactly than Go's
// own timers; nil means that there is none.
func newSleep() func(time.Duration) { return nil }
