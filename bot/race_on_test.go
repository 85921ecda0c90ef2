//go:build race

package bot_test

// raceEnabled says that the race detector watches, which makes signatures
// twenty times slower.
const raceEnabled = true
