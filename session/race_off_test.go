//go:build !race

package session_test

const oneIn = 1
