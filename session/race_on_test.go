//go:build race

package session_test

// oneIn is how many of the sessions of a test are played: one in so many under the
// race detector, which makes them ten times slower. make test plays all without.
const oneIn = 4
