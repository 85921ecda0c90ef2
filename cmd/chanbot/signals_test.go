package main

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestASignalAndItsTwinAreOne: what is sent to a process and to its group at once
// is one signal; a second Ctrl-C, or another signal, is one of its own.
func TestASignalAndItsTwinAreOne(t *testing.T) {
	term, hup := os.Signal(syscall.SIGTERM), os.Signal(syscall.SIGHUP)
	type sent struct {
		after  time.Duration
		signal os.Signal
	}
	for name, c := range map[string]struct {
		sent []sent
		want []os.Signal
	}{
		"one":                {[]sent{{0, term}}, []os.Signal{term}},
		"a twin":             {[]sent{{0, term}, {0, term}}, []os.Signal{term}},
		"a late twin":        {[]sent{{0, term}, {twinTime - time.Millisecond, term}}, []os.Signal{term}},
		"again":              {[]sent{{0, term}, {twinTime, term}}, []os.Signal{term, term}},
		"another":            {[]sent{{0, term}, {0, hup}}, []os.Signal{term, hup}},
		"three, and again":   {[]sent{{0, term}, {0, term}, {0, term}, {time.Second, term}}, []os.Signal{term, term}},
		"twins after others": {[]sent{{0, hup}, {0, term}, {0, term}}, []os.Signal{hup, term}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from, to, done := make(chan os.Signal, 4), make(chan os.Signal, 4), make(chan struct{})
				go singly(from, to, done)
				for _, s := range c.sent {
					time.Sleep(s.after)
					from <- s.signal
					synctest.Wait()
				}
				close(done)
				synctest.Wait()
				close(to)
				var got []os.Signal
				for s := range to {
					got = append(got, s)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		})
	}
}
