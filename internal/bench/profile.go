package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// measuring are the packages whose work is recording and showing, as they begin
// the names of functions.
var measuring = []string{"chanbot/metrics.", "chanbot/results."}

// recordingShare is row load-6.
func recordingShare(ctx context.Context, b *bench) (figure, error) {
	path := filepath.Join(b.temp, "cpu.prof")
	run, err := b.runQuick(ctx, closedLoad(loadPairs, loadWarm, loadTime), loadOptions{env: []string{"CHANBOT_CPUPROFILE=" + path}})
	if err != nil {
		return figure{}, err
	}
	raw, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-raw", path).Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return figure{}, fmt.Errorf("read the profile: %w", err)
	}
	p, err := parseProfile(raw)
	if err != nil {
		return figure{}, err
	}
	share := 100 * float64(p.measuring()) / float64(p.total())
	var parts []string
	for _, name := range []string{"journal", "live", "metrics"} {
		parts = append(parts, fmt.Sprintf("%s %.2f%%", name, 100*float64(p.labelled(name))/float64(p.total())))
	}
	return figure{
		measured:  fmt.Sprintf("%.1f of %.1f s CPU", seconds(p.measuring()), seconds(p.total())),
		reference: "the whole process at " + perSecond(run.Throughput.SignedPerS),
		ratio:     share,
		notes:     []string{"of which goroutines of their own: " + strings.Join(parts, ", ") + "; the rest is recorded where operations end"},
	}, os.Remove(path)
}

func seconds(nanoseconds int64) float64 { return float64(nanoseconds) / 1e9 }

// cpuProfile is what matters of a profile: where time was spent, and for which
// part of the program.
type cpuProfile struct{ samples []cpuSample }

type cpuSample struct {
	nanoseconds int64
	part        string // the label part of the goroutine, "" without one
	measuring   bool   // a function of a package of measuring is in the stack
}

func (p *cpuProfile) sum(of func(*cpuSample) bool) (n int64) {
	for i := range p.samples {
		if of(&p.samples[i]) {
			n += p.samples[i].nanoseconds
		}
	}
	return n
}

func (p *cpuProfile) total() int64 { return p.sum(func(*cpuSample) bool { return true }) }

func (p *cpuProfile) labelled(part string) int64 {
	return p.sum(func(s *cpuSample) bool { return s.part == part })
}

func (p *cpuProfile) measuring() int64 {
	return p.sum(func(s *cpuSample) bool { return s.measuring || s.part != "" })
}

// parseProfile reads what go tool pprof -raw prints: samples with their stacks
// as numbers of locations, each followed by its labels, then the functions of
// every location, inlined ones on lines of their own.
func parseProfile(raw []byte) (*cpuProfile, error) {
	p := new(cpuProfile)
	var stacks [][]string
	measured := map[string]bool{} // by number of location
	section, location := "", ""
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case line == "Samples:", line == "Locations", line == "Mappings":
			section = line
		case section == "Samples:" && strings.HasPrefix(fields[0], "samples/"): // the heading
		case section == "Samples:" && len(fields) > 1 && strings.HasSuffix(fields[1], ":"):
			n, err := strconv.ParseInt(strings.TrimSuffix(fields[1], ":"), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("profile: %w", err)
			}
			p.samples = append(p.samples, cpuSample{nanoseconds: n})
			stacks = append(stacks, fields[2:])
		case section == "Samples:":
			for _, label := range fields {
				if part, ok := strings.CutPrefix(label, "part:["); ok && len(p.samples) > 0 {
					p.samples[len(p.samples)-1].part = strings.TrimSuffix(part, "]")
				}
			}
		case section == "Locations":
			if number, ok := strings.CutSuffix(fields[0], ":"); ok {
				location = number
			}
			for _, name := range measuring {
				measured[location] = measured[location] || strings.Contains(line, " "+name)
			}
		}
	}
	for i, stack := range stacks {
		for _, location := range stack {
			p.samples[i].measuring = p.samples[i].measuring || measured[location]
		}
	}
	if p.total() == 0 {
		return nil, errors.New("the profile has no samples")
	}
	return p, nil
}
