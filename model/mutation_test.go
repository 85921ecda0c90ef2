package model

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"chanbot/wire"
)

// mutated are recordings of what happens off the chain: opening, transfers,
// aborts, conflicts, messages, queries, errors, timeouts, stop.
var mutated = []string{
	"01_open_update_abort_conflict_close", "02_seed_exact", "05_system_stop", "11c_timeout_sign_2s",
	"30_conflict_both_sign", "30_conflict_only_initiator_signs", "42_queries_with_and_without_id",
	"44_messages", "08_error_codes", "40_update_errors_and_reserve", "03_deposit_withdraw",
}

// mutatedOnChain are patterns of recordings of what happens on the chain:
// deposits, closings, snapshots, leave and reestablish.
var mutatedOnChain = []string{
	"01_*", "03_*", "04_*", "20_*", "21*", "22_*", "23_*", "24_*", "26_*", "33_*", "41_*", "50*", "51_*", "65_*", "90_*",
}

// mutation makes a damaged copy of a session from the node's frame at i, or
// nil when the frame has nothing to damage. next is where the following frame
// of the same socket is, -1 for none.
type mutation struct {
	name   string
	least  float64 // the rate that must be found
	damage func(events []event, i, next int) []event
	sample int  // the signatures of every nth off-chain transaction, 0 for each one
	signed bool // signatures must be verified to notice it; otherwise they are not, to save time
}

// TestDamagedRecordingsAreNoticed damages each frame of the node in turn and
// looks whether the model finds something wrong. What it cannot find is legal
// too, such as another order of independent frames.
func TestDamagedRecordingsAreNoticed(t *testing.T) {
	names := mutated
	if testing.Short() {
		names = names[:3]
	}
	damageAll(t, names, mutations, 40)
}

// TestDamagedChainRecordingsAreNoticed does the same to what happens on the
// chain.
func TestDamagedChainRecordingsAreNoticed(t *testing.T) {
	var names []string
	for _, pattern := range mutatedOnChain {
		paths, err := filepath.Glob(filepath.Join(recordings, pattern+".jsonl"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no recording %s: %v", pattern, err)
		}
		for _, path := range paths {
			names = append(names, strings.TrimSuffix(filepath.Base(path), ".jsonl"))
		}
	}
	if testing.Short() {
		names = names[:3]
	}
	damageAll(t, names, chainMutations, 400)
}

// damageAll tries each mutation on about so many frames of each recording.
func damageAll(t *testing.T, names []string, all []mutation, frames int) {
	sampled := testing.Short() || raceDetector
	if raceDetector {
		frames = max(1, frames/8)
	}
	sessions := make([][]event, 0, len(names))
	for n, name := range names {
		if raceDetector && n%6 != 0 {
			continue
		}
		sessions = append(sessions, readRecording(t, filepath.Join(recordings, name+".jsonl")))
	}
	for _, m := range all {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			networkID := ""
			if m.signed {
				networkID = "ae_dev"
			}
			tried, missed := 0, make(map[string]int)
			for n, events := range sessions {
				// Long sessions repeat themselves: a part of the frames is enough.
				stride := max(1, len(events)/frames)
				for i := n % stride; i < len(events); i += stride {
					if events[i].Dir != "in" {
						continue
					}
					damaged := m.damage(events, i, nextOf(events, i))
					if damaged == nil {
						continue
					}
					tried++
					if len(playSampled(t, damaged, networkID, m.sample).found) == 0 {
						f := wire.DecodeFrame(textOf(events[i].Frame))
						missed[f.Name()+after(events, i)]++
					}
				}
			}
			total := 0
			for _, n := range missed {
				total += n
			}
			if tried == 0 {
				if !sampled {
					t.Fatal("nothing was damaged")
				}
				return
			}
			rate := 1 - float64(total)/float64(tried)
			t.Logf("%s: %.1f%% of %d noticed; missed: %s", m.name, 100*rate, tried, list(missed))
			if rate < m.least && (!sampled || m.least == 1) {
				t.Errorf("got %.3f, want at least %.3f", rate, m.least)
			}
		})
	}
}

// nextOf returns where the next frame of the same socket is, -1 for none and
// when the client sent or the socket ended before it.
func nextOf(events []event, i int) int {
	for n := i + 1; n < len(events); n++ {
		if events[n].Side != events[i].Side {
			continue
		}
		if events[n].Dir == "in" {
			return n
		}
		return -1
	}
	return -1
}

func list(missed map[string]int) string {
	var all []string
	for name, n := range missed {
		all = append(all, fmt.Sprintf("%s ×%d", name, n))
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

func after(events []event, i int) string {
	if n := nextOf(events, i); n >= 0 {
		f := wire.DecodeFrame(textOf(events[n].Frame))
		return ">" + f.Name()
	}
	return ""
}
