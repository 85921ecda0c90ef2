package main

import (
	"fmt"
	"io"
	"os"
	"runtime/pprof"
)

// profileVariable names a file into which the program writes a profile of its
// CPU, for those who work on it: docs/performance.md.
const profileVariable = "CHANBOT_CPUPROFILE"

// profile begins the profile that the environment asks for. stop ends it.
func profile(env func(string) string, stderr io.Writer) (stop func()) {
	path := env(profileVariable)
	if path == "" {
		return func() {}
	}
	warn := func(err error) { fmt.Fprintf(stderr, "chanbot: warning: %s: %v\n", profileVariable, err) }
	f, err := os.Create(path)
	if err != nil {
		warn(err)
		return func() {}
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		warn(err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			warn(err)
		}
	}
}
