//go:build !race

package scenarios_test

// every is how many damaged nodes there are to one that is tried.
const every = 1
