package main

import (
	"crypto/ed25519"
	"runtime"
	"slices"
	"sync"
	"time"
)

// signatures are the costs of the standard library's Ed25519.
type signatures struct {
	// sign and verify are the times of one operation on an idle machine.
	sign, verify time.Duration
	// signCPU and verifyCPU are the CPU times while all cores do the same. They
	// are higher where two cores share one core's parts.
	signCPU, verifyCPU time.Duration
}

// unsignedSize is about that of what is signed in a transfer: an off-chain
// transaction behind the network id.
const unsignedSize = 90

const cryptoTime = 400 * time.Millisecond

func measureSignatures() signatures {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	message := make([]byte, unsignedSize)
	sig := ed25519.Sign(key, message)
	public := ed25519.PublicKey(key[ed25519.SeedSize:])
	sign := func() { ed25519.Sign(key, message) }
	verify := func() { ed25519.Verify(public, message, sig) }
	var s signatures
	s.sign, _ = repeat(1, sign)
	s.verify, _ = repeat(1, verify)
	_, s.signCPU = repeat(runtime.GOMAXPROCS(0), sign)
	_, s.verifyCPU = repeat(runtime.GOMAXPROCS(0), verify)
	return s
}

// repeat runs f on some cores for a while and returns the median time of one
// call and the CPU time per call.
func repeat(cores int, f func()) (median, cpu time.Duration) {
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	before := ownCPU()
	end := time.Now().Add(cryptoTime)
	for range cores {
		wg.Go(func() {
			var own []time.Duration
			for last := time.Now(); last.Before(end); {
				f()
				now := time.Now()
				own = append(own, now.Sub(last))
				last = now
			}
			mu.Lock()
			times = append(times, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	used := ownCPU() - before
	slices.Sort(times)
	return times[len(times)/2], used / time.Duration(len(times))
}
