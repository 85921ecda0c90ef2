package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"chanbot/results"
)

// loadPairs is how many channels most rows have.
const loadPairs = 20

// loadRun is a finished chanbot run of a load.
type loadRun struct {
	results.Summary
	used    time.Duration // CPU of the process
	journal int64         // its size in bytes
	samples []sample
}

// sample is what the journal says about the process every second.
type sample struct {
	results.GeneratorSample
	phase  string // that it is in, "" before the first and behind the last
	warmup bool
}

// loadOptions say how a load is run beyond its scenario.
type loadOptions struct {
	node string // its URL
	args []string
	env  []string
	// during is called with the process while it runs, on a goroutine of its own.
	during func(context.Context, *child) error
}

// runLoad runs a scenario with chanbot in a process of its own, with everything
// on that is on for a user. A measurement that chanbot itself calls invalid is no
// error: the cores are shared with the node.
func (b *bench) runLoad(ctx context.Context, scenario string, o loadOptions) (*loadRun, error) {
	out, err := os.MkdirTemp(b.temp, "run")
	if err != nil {
		return nil, err
	}
	args := append([]string{"run", "-", "--node", o.node, "--out", out, "--json", "--timeout", "30s"}, o.args...)
	c, err := startIn(ctx, "", o.env, b.chanbot, args...)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	if _, err := io.WriteString(c.stdin, scenario); err != nil {
		return nil, err
	}
	if err := c.stdin.Close(); err != nil {
		return nil, err
	}
	beside := make(chan error, 1) // the one result
	during, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		if o.during == nil {
			beside <- nil
			return
		}
		beside <- o.during(during, c)
	}()
	text, failed := c.wait()
	stop()
	if err := <-beside; err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	if code, ok := errors.AsType[*exec.ExitError](failed); failed != nil && (!ok || code.ExitCode() != exitInvalid) {
		return nil, failed
	}
	r := &loadRun{used: c.used()}
	if err := json.Unmarshal(text, &r.Summary); err != nil {
		return nil, fmt.Errorf("the summary of chanbot run: %w", err)
	}
	if n := len(r.Violations); n > 0 {
		return nil, fmt.Errorf("%d violations, the first of %s", n, r.Violations[0].Rule)
	}
	return r, r.readJournal(out)
}

// exitInvalid is how chanbot ends when it could not keep up.
const exitInvalid = 4

// readJournal reads the samples of the one run in a folder.
func (r *loadRun) readJournal(out string) error {
	found, err := filepath.Glob(filepath.Join(out, "*", "journal"))
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d journals in %s", len(found), out)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	r.journal = int64(len(b))
	var marks []results.PhaseMark
	_, err = results.ReadJournal(bytes.NewReader(b), results.Visitor{
		Sample: func(s results.GeneratorSample) { r.samples = append(r.samples, sample{GeneratorSample: s}) },
		Mark:   func(m results.PhaseMark) { marks = append(marks, m) },
	})
	for i := range r.samples {
		s := &r.samples[i]
		for _, m := range marks {
			if m.TUS > s.TUS {
				continue
			}
			s.phase, s.warmup = m.Phase, m.What == results.MarkWarmup
			if m.What == results.MarkEnd {
				s.phase = ""
			}
		}
	}
	return errors.Join(err, os.RemoveAll(out))
}

// judged returns the samples of a phase without its warm-up.
func (r *loadRun) judged(phase string) []sample {
	var of []sample
	for _, s := range r.samples {
		if s.phase == phase && !s.warmup {
			of = append(of, s)
		}
	}
	return of
}

// cpuEach is the CPU of the process for each operation of a phase, and how many
// operations that is about.
func (r *loadRun) cpuEach(phase string) (time.Duration, int64, error) {
	s := r.judged(phase)
	if len(s) < 2 || s[len(s)-1].Ended == s[0].Ended {
		return 0, 0, fmt.Errorf("the journal has %d samples of phase %s, and no operation between them", len(s), phase)
	}
	first, last := s[0], s[len(s)-1]
	n := last.Ended - first.Ended
	return time.Duration((last.CPUS - first.CPUS) / float64(n) * float64(time.Second)), n, nil
}

// asSDK makes transfers of the frames that those of the SDK have: signatures
// without an id, which the node does not acknowledge.
const asSDK = `
initiator: {id: false}
responder: {id: false}`

// closedLoad is a scenario in which every pair makes one transfer after the other.
func closedLoad(pairs int, warmup, duration time.Duration) string {
	return fmt.Sprintf(`
chanbot: 1
name: bench`+asSDK+`
load:
  pairs: %d
  setup: {in_flight: %d}
  phases:
    - name: steady
      arrivals: {closed: {think: 0s}}
      warmup: %v
      duration: %v
      mix:
        - {weight: 1, do: {initiator: {transfer: 1}}}
  teardown: none
`, pairs, setupsAtOnce, warmup, duration)
}

// openLoad is a scenario in which transfers are due evenly.
func openLoad(pairs int, rate float64, warmup, duration time.Duration) string {
	return fmt.Sprintf(`
chanbot: 1
name: bench`+asSDK+`
load:
  pairs: %d
  setup: {in_flight: %d}
  phases:
    - name: steady
      arrivals: {rate: %s/s}
      warmup: %v
      duration: %v
      mix:
        - {weight: 1, do: {initiator: {transfer: 1}}}
        - {weight: 1, do: {responder: {transfer: 1}}}
  teardown: none
`, pairs, setupsAtOnce, strconv.FormatFloat(rate, 'f', 0, 64), warmup, duration)
}

const setupsAtOnce = 50
