package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"chanbot/results"
)

// Report reads the journal of a run folder and writes what is made from it
// beside the summary: latency.hlog and series.csv. Those of a run whose summary
// knows more operations than the journal does stay as they are. The report is there
// in spite of an error, unless there is no journal: then the error is
// fs.ErrNotExist.
func Report(folder *results.Folder, o RebuildOptions) (rep *results.RunReport, err error) {
	journal, err := os.Open(folder.File(results.JournalFile))
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer journal.Close() //nolint:errcheck // it was only read

	// A log can be large, so it goes to the disk as it is made.
	hlog, err := os.CreateTemp(folder.Path(), "."+results.HistogramLogFile+".*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", results.HistogramLogFile, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(hlog.Name()) // what matters is the error that led here
		}
	}()
	o.HistogramLog = hlog
	if m, err := folder.Manifest(); err == nil && m.Scenario.Name != "" {
		o.Manifest = &m
	}
	rep, err = Rebuild(journal, o)
	if err = errors.Join(err, hlog.Close()); err != nil {
		return rep, err
	}
	if s, wrong := folder.Summary(); wrong == nil && !rep.Missing.Complete() && Recorded(s) > Recorded(rep.Summary) {
		return rep, os.Remove(hlog.Name())
	}
	if err = os.Rename(hlog.Name(), folder.File(results.HistogramLogFile)); err != nil {
		return rep, fmt.Errorf("write %s: %w", results.HistogramLogFile, err)
	}
	var series bytes.Buffer
	if err := results.WriteSeries(&series, rep.Series); err != nil {
		return rep, err
	}
	return rep, results.WriteFile(folder.File(results.SeriesFile), series.Bytes())
}

// Recorded is how many operations a summary knows, warm-up included.
func Recorded(s *results.Summary) int64 { return s.Attempts + s.Warmup.Attempts }

// NoJournal reports whether a run folder cannot be reported for want of a
// journal.
func NoJournal(err error) bool { return errors.Is(err, fs.ErrNotExist) }
