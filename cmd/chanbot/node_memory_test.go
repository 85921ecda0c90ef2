package main

import "testing"

func TestGCPercent(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		inUse      uint64
		node, load int
	}{
		{0, 800, 800}, // not known yet
		{2 * mib, 800, 800},
		{4 * mib, 800, 800},
		{12 * mib, 300, 300},
		{16 * mib, 300, 300},
		{20 * mib, 240, 300},
		{24 * mib, 200, 266},
		{32 * mib, 150, 200},
		{64 * mib, 75, 100},
		{96 * mib, 50, 66},
		{480 * mib, 33, 33},
	} {
		if got := gcPercent(c.inUse, nodeGarbage); got != c.node {
			t.Errorf("node, %d MiB in use: %d%%, want %d%%", c.inUse/mib, got, c.node)
		}
		if got := gcPercent(c.inUse, loadGarbage); got != c.load {
			t.Errorf("load, %d MiB in use: %d%%, want %d%%", c.inUse/mib, got, c.load)
		}
	}
}
