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
	var s signatures
	s.sign, _ = signing(1, cryptoTime)
	s.verify, _ = verifying(1, cryptoTime)
	_, s.signCPU = signing(runtime.GOMAXPROCS(0), cryptoTime)
	_, s.verifyCPU = verifying(runtime.GOMAXPROCS(0), cryptoTime)
	return s
}

var (
	signingKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	unsigned   = make([]byte, unsignedSize)
)

// signing measures as repeat does.
func signing(cores int, d time.Duration) (median, cpu time.Duration) {
	return repeat(cores, d, func() { ed25519.Sign(signingKey, unsigned) })
}

// verifying measures as repeat does.
func verifying(cores int, d time.Duration) (median, cpu time.Duration) {
	sig := ed25519.Sign(signingKey, unsigned)
	public := ed25519.PublicKey(signingKey[ed25519.SeedSize:])
	return repeat(cores, d, func() { ed25519.Verify(public, unsigned, sig) })
}

// repeat runs f on some cores for a while and returns the median time of one
// call and the CPU time per call.
func repeat(cores int, d time.Duration, f func()) (median, cpu time.Duration) {
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	before := ownCPU()
	end := time.Now().Add(d)
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
