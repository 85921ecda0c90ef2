//go:build !unix

package main

import "os"

// terminalSize returns the columns and rows when f is a terminal. Elsewhere than
// on Unix nothing is taken for one, so text comes without colours.
func terminalSize(*os.File) (columns, rows int) { return 0, 0 }
