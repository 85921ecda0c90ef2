package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much is allocated between two collections of garbage. With little in memory
// Go would collect dozens of times a second under load; with thousands of channels
// its default would double the memory. In between, with some hundreds of channels at
// work, all that is in use is gone through each time, and more garbage saves a part
// of that. A load has more in memory for each channel than a node.
const (
	leastGarbage = 32 << 20
	nodeGarbage  = 48 << 20 // of a node, when a third as much is in use
	loadGarbage  = 64 << 20 // of a load, likewise
	shareGarbage = 3        // of what is in use, one part in so many
)

// gcPercent is the value of GOGC for a heap and stacks of this size. Three times what
// is in use may be garbage up to ample bytes. Go takes it for a percentage of 4 MiB
// when there is less.
func gcPercent(inUse, ample uint64) int {
	return int(100 * max(leastGarbage, min(3*inUse, ample), inUse/shareGarbage) / max(inUse, 4<<20))
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
// collection, for the life of the process. ample is that of gcPercent. GOGC in the
// environment is left alone.
func collectByNeed(ample uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	now := 0
	type sentinel struct{ _ [16]byte } // dies with every collection
	var again func(*sentinel)
	again = func(s *sentinel) {
		if want := gcPercent(sizes(), ample); want > now+now/8 || want < now-now/8 {
			now = want
			debug.SetGCPercent(now)
		}
		runtime.SetFinalizer(s, again)
	}
	again(new(sentinel))
}
