package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much is allocated between two collections of garbage. With little in memory
// Go would collect dozens of times a second under load; with thousands of channels
// its default would double the memory. With a thousand channels at work a load has
// more in memory than a node, and to go through it takes longer.
const (
	nodeGarbage  = 32 << 20 // at least
	loadGarbage  = 64 << 20
	shareGarbage = 3 // of what is in use, one part in so many
)

// gcPercent is the value of GOGC for a heap and stacks of this size. Go takes it
// for a percentage of 4 MiB when there is less.
func gcPercent(inUse, least uint64) int {
	return int(100 * max(least, inUse/shareGarbage) / max(inUse, 4<<20))
}

// sizes are what the garbage collector counts its percents of.
func sizes() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	metrics.Read(s)
	var sum uint64
	for i := range s {
		if s[i].Value.Kind() == metrics.KindUint64 {
			sum += s[i].Value.Uint64()
		}
	}
	return sum
}

// collectByNeed adapts the garbage collector to what is in use, after each
// collection, for the life of the process: at least so many bytes are allocated
// between two. GOGC in the environment is left alone.
func collectByNeed(least uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	now := 0
	type sentinel struct{ _ [16]byte } // dies with every collection
	var again func(*sentinel)
	again = func(s *sentinel) {
		if want := gcPercent(sizes(), least); want > now+now/8 || want < now-now/8 {
			now = want
			debug.SetGCPercent(now)
		}
		runtime.SetFinalizer(s, again)
	}
	again(new(sentinel))
}
