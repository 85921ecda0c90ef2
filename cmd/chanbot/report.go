package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"chanbot/metrics"
	"chanbot/results"
)

func (c *Command) reportCommand() *cobra.Command {
	var asJSON, quiet bool
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Make the summary, the tables and the reports of a run again",
		Long: "Read the journal in the folder of a run, also of one that was killed, and write\n" +
			"summary.json, latency.hlog, series.csv, junit.xml and report.html from it. What\n" +
			"the journal does not hold is said. A summary.json that the run wrote itself is\n" +
			"kept when the journal holds less. Of a search (chanbot bench) report.html is made\n" +
			"again from bench.json; each of its steps is the folder of a run.\n\n" +
			"report.html is one file for a browser. It asks for nothing, so it can be sent\n" +
			"around and opened from a disk.",
		Example: "  chanbot report runs/20260102T030405Z-mixed-load",
		Args:    needArgs(1, 1, "the folder of a run"),
		RunE: func(_ *cobra.Command, args []string) error {
			return c.reportRun(args[0], asJSON, quiet)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the summary as JSON on standard output")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "do not print the summary for people")
	return cmd
}

// reportFiles are what a report leaves in the run folder beside the tables that
// package metrics writes.
var reportFiles = []struct {
	name  string
	write func(io.Writer, *results.RunReport) error
}{
	{results.JUnitFile, writeJUnit},
	{results.HTMLFile, results.WriteHTML},
}

func writeJUnit(w io.Writer, rep *results.RunReport) error {
	b, err := rep.Summary.JUnit()
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

func (c *Command) reportRun(path string, asJSON, quiet bool) error {
	folder, err := results.OpenFolder(path)
	if err != nil {
		return misuse("give the folder that chanbot run has printed", "%v", err)
	}
	w := c.Stdout
	if asJSON {
		w = c.Stderr
	}
	if _, err := os.Stat(folder.File(results.BenchFile)); err == nil {
		return c.reportBench(folder, w, asJSON, quiet)
	}
	style := c.terminal().style
	rep, err := metrics.Report(folder, metrics.RebuildOptions{Thresholds: readThresholds})
	switch {
	case rep == nil && metrics.NoJournal(err):
		return c.reportSummary(folder, w, asJSON, quiet)
	case rep == nil:
		return cannotRun("", "%v", err)
	}
	kept, writeErr := writeReport(folder, rep)
	if !quiet {
		fmt.Fprint(w, rep.Render(style))
		if kept {
			fmt.Fprintln(w, "  "+results.SummaryFile+" is kept as the run wrote it, because the journal holds less")
		}
	}
	if asJSON {
		if err := c.writeJSON([]*results.Summary{rep.Summary}, false); err != nil {
			return cannotRun("", "write standard output: %v", err)
		}
	}
	if err = errors.Join(err, writeErr); err != nil {
		return cannotRun("", "%v", err)
	}
	return nil
}

// writeReport writes the summary and the reports for people. It keeps a summary
// that knows more than the journal. One that was made of an earlier part of the
// journal, while the run went on, does not.
func writeReport(folder *results.Folder, rep *results.RunReport) (kept bool, err error) {
	if s, err := folder.Summary(); err == nil && !rep.Missing.Complete() && metrics.Recorded(s) >= metrics.Recorded(rep.Summary) {
		kept = s.Verdict != rep.Summary.Verdict || metrics.Recorded(s) > metrics.Recorded(rep.Summary)
		rep = new(*rep)
		rep.Summary = s
	} else if err := folder.WriteSummary(rep.Summary); err != nil {
		return false, err
	}
	for _, f := range reportFiles {
		err = errors.Join(err, writeReportFile(folder.File(f.name), rep, f.write))
	}
	return kept, err
}

func writeReportFile(path string, rep *results.RunReport, write func(io.Writer, *results.RunReport) error) error {
	var b bytes.Buffer
	if err := write(&b, rep); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return results.WriteFile(path, b.Bytes())
}

// reportSummary shows what a run without a journal has left.
func (c *Command) reportSummary(folder *results.Folder, w io.Writer, asJSON, quiet bool) error {
	s, err := folder.Summary()
	if errors.Is(err, fs.ErrNotExist) {
		return cannotRun("", "%s holds neither a journal nor a summary: the run was cut off before its end", folder.Path())
	}
	if err != nil {
		return cannotRun("", "%v", err)
	}
	fmt.Fprintln(c.Stderr, "chanbot: the run has no journal; this is the summary that it has written itself")
	if !quiet {
		fmt.Fprint(w, s.Render(c.terminal().style))
	}
	if asJSON {
		if err := c.writeJSON([]*results.Summary{s}, false); err != nil {
			return cannotRun("", "write standard output: %v", err)
		}
	}
	return nil
}
