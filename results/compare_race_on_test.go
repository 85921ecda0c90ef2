//go:build race

package results

// withRace tells that everything takes ten times as long.
const withRace = true
