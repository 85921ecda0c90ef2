//go:build unix

package main

import "golang.org/x/sys/unix"

// descriptors returns how many files and sockets the process may have open. Go
// has raised the soft limit as far as it goes when the process began.
func descriptors() (uint64, bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return uint64(limit.Cur), true //nolint:unconvert // signed on some systems
}
