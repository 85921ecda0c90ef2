package main

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// newSleep returns a function that waits for short times, to some microseconds.
// Go's own timers are rounded up to milliseconds when nothing else runs; this one
// is a timer of the kernel that wakes the poller like a socket. One goroutine at
// a time may use it. Nil means that the kernel has none.
func newSleep() func(time.Duration) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	timer := os.NewFile(uintptr(fd), "timer") // closed when nobody refers to it any more
	var ticks [8]byte
	return func(d time.Duration) {
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(d.Nanoseconds(), 1))}
		if err := unix.TimerfdSettime(fd, 0, &spec, nil); err != nil {
			time.Sleep(d)
			return
		}
		if _, err := timer.Read(ticks[:]); err != nil {
			time.Sleep(d)
		}
	}
}
