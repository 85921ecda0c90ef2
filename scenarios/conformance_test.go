package scenarios_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"chanbot/results"
	"chanbot/scenarios"
)

// Every sequence has a case, or a reason why it has none, and nothing else is
// in the table.
func TestEverySequenceHasACase(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sequences, "[0-9]*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	known := map[string]bool{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		known[name] = true
		if !slices.ContainsFunc(scenarios.Conformance(), func(c scenarios.Case) bool { return c.Sequence == name }) {
			t.Errorf("no case for %s", name)
		}
	}
	used := map[string]bool{}
	for _, c := range scenarios.Conformance() {
		_, exists := scenarios.Scenario(c.Scenario)
		switch {
		case !known[c.Sequence]:
			t.Errorf("%s: no such sequence", c.Sequence)
		case (c.Scenario == "") != (c.Missing != ""):
			t.Errorf("%s: a case has a scenario or a reason, not %q and %q", c.Sequence, c.Scenario, c.Missing)
		case c.Scenario != "" && !exists:
			t.Errorf("%s: no scenario %s", c.Sequence, c.Scenario)
		case c.Scenario != "" && used[c.Scenario]:
			t.Errorf("%s: %s is a case already", c.Sequence, c.Scenario)
		}
		used[c.Scenario] = true
		for _, d := range c.Differences {
			if !strings.HasSuffix(d, ".") {
				t.Errorf("%s: %q is no sentence", c.Sequence, d)
			}
		}
	}
	if !slices.IsSortedFunc(scenarios.Conformance(), func(a, b scenarios.Case) int { return strings.Compare(a.Sequence, b.Sequence) }) {
		t.Error("the table is not in the order of the sequences")
	}
}

func TestScenariosHaveTagsOfTheList(t *testing.T) {
	used := map[string]bool{}
	for _, name := range scenarios.Names() {
		s := scenario(t, name)
		tags := s.Tags
		if s.Load != nil { // not of the conformance pack
			if !slices.Equal(tags, []string{"load"}) {
				t.Errorf("%s: tags %v, want load", name, tags)
			}
			continue
		}
		if len(tags) == 0 {
			t.Errorf("%s has no tag", name)
		}
		for _, tag := range tags {
			used[tag] = true
			if !slices.Contains(scenarios.Tags(), tag) {
				t.Errorf("%s: tag %q is not of %v", name, tag, scenarios.Tags())
			}
		}
	}
}

// held says how a case differs from the lines of its sequence: where the sequence
// goes on with what the case does not do, and a frame that cannot be waited for.
// The table says so too.
var held = map[string]struct {
	until   string
	without string
}{
	"bad-signatures-opening": {until: "channels.sign.update"}, // it holds the comments of its sequence
	"client-reconnect-early": {without: "initiator channels.on_chain_tx channel_changed"},
}

// expected returns the lines of a sequence that a case holds, by side.
func expected(t *testing.T, c scenarios.Case) map[string][]string {
	h := held[c.Scenario]
	all := map[string][]string{}
	for side, lines := range sequence(t, c.Sequence) {
		for _, line := range lines {
			if h.until != "" && strings.Contains(line, h.until) {
				break
			}
			if h.without == "" || !strings.HasPrefix(side+" "+line, h.without) {
				all[side] = append(all[side], line)
			}
		}
	}
	return all
}

// cases calls f for every case that the embedded node can run.
func cases(t *testing.T, f func(t *testing.T, c scenarios.Case)) {
	for _, c := range scenarios.Conformance() {
		if c.Scenario == "" || c.Contracts {
			continue
		}
		t.Run(c.Scenario, func(t *testing.T) {
			t.Parallel()
			f(t, c)
		})
	}
}

// Each case passes on the embedded node, and what the sides see then holds
// their frames of the sequence, in its order.
func TestCasesHoldTheirSequences(t *testing.T) {
	cases(t, func(t *testing.T, c scenarios.Case) {
		synctest.Test(t, func(t *testing.T) {
			p := play(t, c, nil)
			if !p.passed() {
				t.Fatal(p.report.Scenario.Render(results.Style{Width: 110}))
			}
			got := seen(p.frames)
			for side, want := range expected(t, c) {
				if missing := within(want, got[side]); missing != "" {
					t.Errorf("%s: %q is not there in this order; got\n  %s", side, missing, strings.Join(got[side], "\n  "))
				}
			}
		})
	})
}

// A node that leaves out any frame of a case, or sends it twice, does not pass.
func TestDamagedNodesDoNotPass(t *testing.T) {
	cases(t, func(t *testing.T, c scenarios.Case) {
		var sound *played
		synctest.Test(t, func(t *testing.T) { sound = play(t, c, nil) })
		for i, d := range damages(c, sound) {
			if i%every != 0 {
				continue
			}
			passed := false
			synctest.Test(t, func(t *testing.T) { passed = play(t, c, d.change).passed() })
			if passed && !slices.Contains(tolerated[c.Scenario], d.name) && !repeated(c, d.name) {
				t.Errorf("passes with %s", d.name)
			}
		}
	})
}

// tolerated are the damages that a case must let pass: what may be missing, as
// the sequences say, and what nobody can tell on a socket that came back.
var tolerated = map[string][]string{
	"client-reconnect-early":    {"no channels.on_chain_tx channel_changed channel_create_tx at the initiator"},
	"open-timeout-alone":        {"no channels.info timeout [null] at the initiator"},
	"open-timeout-funding-lock": {"no channels.info timeout at the initiator", "no channels.info timeout at the responder"},
	"stop":                      {"no result ok at the initiator"},
	"withdraw":                  {"two channels.conflict code=2 at the initiator", "two channels.conflict code=2 at the responder"},
	"assume-minimum-depth":      {"two channels.info minimum_depth_achieved at the initiator", "two channels.info minimum_depth_achieved at the responder"},
}

// repeated says that a damage is a second report of a transaction. A node looks
// at a transaction again when its block is replaced; only the cases of the
// opening and the closing themselves insist on one.
func repeated(c scenarios.Case, damage string) bool {
	if c.Scenario == "open-and-stop" || c.Scenario == "close" {
		return false
	}
	return strings.HasPrefix(damage, "two channels.on_chain_tx ")
}

type namedDamage struct {
	name   string
	change damage
}

// damages returns two for each frame of a case: the frame is lost, and it comes
// twice.
func damages(c scenarios.Case, p *played) []namedDamage {
	var all []namedDamage
	nth := map[string]int{}
	for _, r := range p.frames {
		if r.Dir == results.DirOut && strings.Contains(string(r.Frame), `"stop"`) && c.Scenario != "stop" && c.Scenario != "close-solo-abort" {
			break // it only cleans up
		}
		if r.Dir != results.DirIn {
			continue
		}
		side, _, _ := strings.Cut(r.Side, ".")
		kind := shortly(r)
		n := nth[side+" "+kind]
		nth[side+" "+kind]++
		for times, what := range []string{"no", "two"} {
			all = append(all, namedDamage{
				name: fmt.Sprintf("%s %s at the %s", what, kind, side),
				change: func(s, is string, k int, frame []byte) [][]byte {
					if s == side && is == kind && k == n {
						return slices.Repeat([][]byte{frame}, 2*times)
					}
					return [][]byte{frame}
				},
			})
		}
	}
	return all
}

func shortly(r results.FrameRecord) string {
	text := seen([]results.FrameRecord{r})
	for _, list := range text {
		return list[0]
	}
	return ""
}
