package main

import "testing"

func TestGCPercent(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		inUse uint64
		want  int
	}{
		{0, 800}, // not known yet
		{2 * mib, 800},
		{4 * mib, 800},
		{16 * mib, 200},
		{64 * mib, 50},
		{96 * mib, 33},
		{480 * mib, 33},
	} {
		if got := gcPercent(c.inUse, 32*mib); got != c.want {
			t.Errorf("%d MiB in use: %d%%, want %d%%", c.inUse/mib, got, c.want)
		}
	}
	if got := gcPercent(64*mib, 64*mib); got != 100 {
		t.Errorf("64 MiB in use and as much of garbage: %d%%, want 100%%", got)
	}
}
