package main

import (
	"os"

	"chanbot/results"
)

// terminal says how chanbot may draw.
type terminal struct {
	style results.Style // for standard output
	live  bool          // standard error is a terminal, so a line can be redrawn
}

// terminal looks at the process's streams and environment.
func (c *Command) terminal() terminal {
	t := terminal{style: results.Style{Width: 100}}
	plain := c.env("NO_COLOR") != "" || c.env("TERM") == "dumb"
	if f, ok := c.Stdout.(*os.File); ok {
		if width, ok := terminalWidth(f); ok {
			t.style = results.Style{Color: !plain, Width: min(width, 120)}
		}
	}
	if f, ok := c.Stderr.(*os.File); ok && c.env("TERM") != "dumb" {
		_, t.live = terminalWidth(f)
	}
	return t
}

func (c *Command) env(name string) string {
	if c.Env == nil {
		return ""
	}
	return c.Env(name)
}
