//go:build race

package scenarios_test

// every is how many damaged nodes there are to one that is tried: under the
// race detector signatures take twenty times as long.
const every = 23
