//go:build !race

package model

// raceDetector says that everything is many times slower: tests take samples.
const raceDetector = false
