//go:build !unix

package main

import "os"

// terminalWidth returns the number of columns when f is a terminal. Elsewhere
// than on Unix nothing is taken for one, so text comes without colours.
func terminalWidth(*os.File) (int, bool) { return 0, false }
