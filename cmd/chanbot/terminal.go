package main

import (
	"math"
	"os"

	"chanbot/results"
)

// terminal says how chanbot may draw.
type terminal struct {
	style results.Style // for standard output

	live  bool                       // standard error is a terminal, so lines can be redrawn
	color bool                       // also on standard error
	size  func() (columns, rows int) // of standard error; nil when it is no terminal
}

// terminal looks at the process's streams and environment.
func (c *Command) terminal() terminal {
	t := terminal{style: results.Style{Width: 100}}
	plain := c.env("NO_COLOR") != "" || c.env("TERM") == "dumb"
	if width := c.columns(); width < math.MaxInt {
		t.style = results.Style{Color: !plain, Width: min(width, 120)}
	}
	if f := file(c.Stderr); f != nil && c.env("TERM") != "dumb" {
		width, _ := terminalSize(f)
		t.live, t.color = width > 0, width > 0 && !plain
		t.size = func() (int, int) { return terminalSize(f) }
	}
	return t
}

// columns is how wide standard output is, and without end where it is no
// terminal.
func (c *Command) columns() int {
	if f, ok := c.Stdout.(*os.File); ok {
		if width, _ := terminalSize(f); width > 0 {
			return width
		}
	}
	return math.MaxInt
}

func (c *Command) env(name string) string {
	if c.Env == nil {
		return ""
	}
	return c.Env(name)
}
