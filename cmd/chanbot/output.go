package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chanbot/bot"
	"chanbot/metrics"
	"chanbot/results"
)

// output is where the results of a run go.
type output struct {
	folder     *results.Folder
	manifest   results.Manifest
	recorder   *results.Recorder // nil when no frames are kept
	frames     results.Sink      // nil when no frames are kept
	channels   *results.Channels // nil for the embedded node, whose channels end with it
	name       string
	transcript string // file of the first pair, "" for none
	recording  string
}

// output makes the run folder and begins what is asked for.
func (p *player) output(j job, cfg *bot.Config, started time.Time) (*output, error) {
	folder, err := results.CreateFolder(p.s.out, started, j.name)
	if err != nil {
		return nil, unwritable("--out", p.s.out, err)
	}
	cfg.Started = started
	out := &output{folder: folder, name: j.name, manifest: results.Manifest{
		Chanbot: version(), Seed: p.s.seed,
		Scenario: results.NewScenarioFile(j.name, fileOf(j.source), string(j.text)),
		Node:     p.s.nodes(), NodeVersion: p.where.version, NetworkID: cfg.NetworkID, Started: started, Host: results.ThisHost(),
		Pairs: cfg.Pairs, Thresholds: texts(j.scenario.Thresholds), Plan: runPlan(j.source, j.scenario, p.s.seed),
		Command: "run", Options: p.s.options(),
	}}
	if j.scenario.Load != nil {
		out.manifest.MaxLatenessUS = p.s.maxLateness.Microseconds()
	}
	if err := folder.WriteManifest(out.manifest); err != nil {
		out.discard()
		return nil, unwritable("--out", p.s.out, err)
	}
	if !p.s.embedded {
		if out.channels, _, err = folder.OpenChannels(); err != nil {
			out.discard()
			return nil, unwritable("--out", p.s.out, err)
		}
	}
	if p.s.transcript == "" && p.s.record == "" {
		return out, nil
	}
	out.recorder, err = results.NewRecorder(results.RecorderOptions{Transcripts: p.s.transcript, Recordings: p.s.record, Name: j.name})
	if err != nil {
		out.discard()
		return nil, unwritable(p.s.frameFlags(), strings.TrimSpace(p.s.transcript+" "+p.s.record), err)
	}
	out.frames = out.recorder
	if p.s.transcript != "" {
		out.transcript = filepath.Join(p.s.transcript, results.FileName(j.name)+".md")
	}
	if p.s.record != "" {
		out.recording = filepath.Join(p.s.record, results.FileName(j.name)+".jsonl")
	}
	return out, nil
}

// nodes names the nodes of the run.
func (s *settings) nodes() string {
	switch {
	case s.embedded:
		return "embedded"
	case s.urls[0] == s.urls[1]:
		return s.urls[0]
	}
	return s.urls[0] + " " + s.urls[1]
}

// frameFlags names the flags that say where frames go.
func (o *runOptions) frameFlags() string {
	switch {
	case o.record == "":
		return "--transcript"
	case o.transcript == "":
		return "--record"
	}
	return "--transcript and --record"
}

func fileOf(s source) string {
	if s.builtin {
		return ""
	}
	return s.file
}

func unwritable(flag, dir string, err error) complaint {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner
	}
	return cannotRun("give "+flag+" a folder that you may write to", "%s %s: %v", flag, dir, err)
}

// discard removes the folder of a run that did not begin.
func (o *output) discard() {
	if o.recorder != nil {
		_ = o.recorder.Close() // nothing is kept
	}
	if o.channels != nil {
		_ = o.channels.Close() // no channel was ever there
	}
	_ = os.RemoveAll(o.folder.Path()) // made a moment ago by this run, and nothing was measured
}

// write puts everything on disk, the reports by the same code as chanbot report
// does it.
func (o *output) write(report *bot.Report, m *measurement) error {
	err := m.journal.Close()
	if n := m.journal.Lost(); n > 0 && err == nil {
		m.warn("%d operations are not in the journal, because the disk was too slow for them; the summary has them", n)
	}
	rep, reportErr := metrics.Report(o.folder, metrics.RebuildOptions{})
	if rep == nil {
		rep = new(results.RunReport)
	}
	// They know as much as the journal, or more.
	rep.Manifest, rep.Summary, rep.Steps = o.manifest, &report.Summary, report.Scenario.Steps
	_, writeErr := writeReport(o.folder, rep)
	err = errors.Join(err, reportErr, writeErr)
	if o.recorder != nil {
		err = errors.Join(err, o.recorder.Close())
	}
	if o.channels != nil {
		err = errors.Join(err, o.channels.Close())
	}
	if err != nil {
		return cannotRun("is the disk full?", "%v", err)
	}
	return nil
}

// places says where the results are.
func (o *output) places() []string {
	var all []string
	for name, path := range maps.All(map[string]string{"transcript": o.transcript, "recording": o.recording, "results": o.folder.Path()}) {
		if path != "" {
			all = append(all, fmt.Sprintf("%-10s  %s", name, path))
		}
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(b, a) })
	return all
}
