package main

import (
	"errors"
	"fmt"
	"io"

	"chanbot/results"
)

// reportBench makes the page of a search again, also of one that was killed:
// bench.json is written after every step.
func (c *Command) reportBench(folder *results.Folder, w io.Writer, asJSON, quiet bool) error {
	d, err := folder.Bench()
	if err != nil {
		return cannotRun("", "%v", err)
	}
	if d.Verdict == results.BenchStopped && len(d.Reasons) == 0 {
		d.Reasons = []string{"The search was stopped before its end."}
	}
	d.Line = d.Quote()
	m, err := folder.Manifest()
	if err == nil {
		err = writeBenchPage(folder, d, m)
	}
	if !quiet {
		style := c.terminal().style
		fmt.Fprint(w, d.Head(style)+"\n"+d.RenderSteps(style)+"\n"+d.Render(style))
	}
	if asJSON {
		err = errors.Join(err, c.writeBench(d))
	}
	if err != nil {
		return cannotRun("", "%v", err)
	}
	return nil
}

// writeBench puts the one document on standard output.
func (c *Command) writeBench(d *results.Bench) error {
	text, err := d.JSON()
	if err == nil {
		_, err = c.Stdout.Write(text)
	}
	return err
}
