//go:build race

package main

// raceEnabled says that the race detector watches, which makes signatures
// twenty times slower.
const raceEnabled = true
