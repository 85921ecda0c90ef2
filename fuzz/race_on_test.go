//go:build race

package fuzz

// raceEnabled says that the race detector watches, which makes signatures
// twenty times slower.
const raceEnabled = true
