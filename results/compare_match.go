package results

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/outcome"
)

// RunFacts say which run was compared.
type RunFacts struct {
	Path     string `json:"path"`
	Scenario string `json:"scenario"`
	// Phase is the phase of the load that was compared, "" for all.
	Phase   string    `json:"phase"`
	Started time.Time `json:"started"`
	Chanbot string    `json:"chanbot"`
	Node    string    `json:"node"`
	// NodeVersion is "" when the run does not know it.
	NodeVersion string  `json:"node_version"`
	NetworkID   string  `json:"network_id"`
	Seed        uint64  `json:"seed"`
	Pairs       int     `json:"pairs"`
	Host        Host    `json:"host"`
	Verdict     Verdict `json:"verdict"`
	JudgedS     float64 `json:"judged_s"`
	Attempts    int64   `json:"attempts"`
	Violations  int     `json:"violations"`
	// Source is what the numbers come from: journal, latency.hlog or
	// summary.json.
	Source string `json:"source"`
	// Missing says in sentences what the journal did not hold.
	Missing []string `json:"missing"`
}

func facts(runs []*ComparedRun) []RunFacts {
	out := make([]RunFacts, 0, len(runs))
	for _, r := range runs {
		m := r.known()
		out = append(out, RunFacts{
			Path: r.Path, Scenario: m.Scenario.Name, Phase: r.Phase, Started: m.Started, Chanbot: m.Chanbot, Node: m.Node, NodeVersion: m.NodeVersion, NetworkID: m.NetworkID,
			Seed: m.Seed, Pairs: m.Pairs, Host: m.Host, Verdict: r.Verdict, JudgedS: r.Judged.Seconds(), Attempts: r.attempts(),
			Violations: r.Violations, Source: r.Source, Missing: notNil(r.Missing),
		})
	}
	return out
}

// title is what was compared.
func (c *Comparison) title() string {
	r := &c.Base[0]
	name := cmp.Or(r.Scenario, "unknown scenario")
	if r.Phase != "" {
		name += ", phase " + r.Phase
	}
	return name
}

// known returns the manifest, with what only the summary says.
func (r *ComparedRun) known() Manifest {
	m := r.Manifest
	if s := r.summary; s != nil {
		m.Scenario.Name = cmp.Or(m.Scenario.Name, s.Scenario)
		m.Chanbot, m.Node, m.NetworkID = cmp.Or(m.Chanbot, s.Chanbot), cmp.Or(m.Node, s.Node), cmp.Or(m.NetworkID, s.NetworkID)
		m.Seed, m.Pairs = cmp.Or(m.Seed, s.Seed), cmp.Or(m.Pairs, s.Pairs)
		if m.Started.IsZero() {
			m.Started = s.Started
		}
	}
	return m
}

// Remark is something about the runs that a reader of a comparison must know.
type Remark struct {
	// About names it in a word: scenario, seed, host.
	About string `json:"about"`
	Text  string `json:"text"`
	// Refuses marks what makes the comparison meaningless; else it is weaker.
	Refuses bool `json:"refuses"`
}

// Refusals returns what makes the comparisons meaningless.
func (c *Comparison) Refusals() []Remark {
	var out []Remark
	for _, a := range c.Comparisons {
		for _, r := range a.Remarks {
			if r.Refuses && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// remarks compares what the runs were.
func remarks(base, new []*ComparedRun, samePlan func(a, b *Manifest) bool) []Remark {
	n := &noting{samePlan: samePlan, out: []Remark{}}
	for _, r := range slices.Concat(base, new) {
		n.condition(r)
	}
	n.differences(slices.Concat(base, new))
	n.together(base, new)
	slices.SortStableFunc(n.out, func(a, b Remark) int {
		return cmp.Compare(bit(b.Refuses), bit(a.Refuses))
	})
	return n.out
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

type noting struct {
	samePlan func(a, b *Manifest) bool
	out      []Remark
}

func (n *noting) say(when, refuses bool, about, format string, args ...any) {
	if !when {
		return
	}
	r := Remark{about, fmt.Sprintf(format, args...), refuses}
	if !slices.Contains(n.out, r) {
		n.out = append(n.out, r)
	}
}

// condition says what is wrong with a run by itself.
func (n *noting) condition(r *ComparedRun) {
	name := r.Name()
	n.say(r.Verdict == Invalid, true, "verdict", "%s is invalid: its generator could not keep the schedule, so its times are not those of the node", name)
	n.say(r.attempts() == 0 && len(r.operations()) == 0, true, "operations", "%s has nothing that was judged", name)
	n.say(r.Verdict == Interrupted, false, "verdict", "%s was interrupted", name)
	n.say(r.Problem != "", false, "verdict", "%s ended before its time: %s", name, Printable(r.Problem))
	n.say(r.Violations > 0, false, "verdict", "%s has %s: the node did what a correct one cannot", name, plural(r.Violations, "violation"))
	n.say(r.Verdict == Failed && r.Violations == 0, false, "verdict", "%s failed: a threshold or an expectation was missed", name)
	n.say(r.Source != SourceJournal, false, "source", "%s has no journal: its numbers are those of %s", name, r.Source)
	for i, text := range r.Missing {
		if i == 3 {
			n.say(true, false, "missing", "%s: %d more things are missing", name, len(r.Missing)-i)
			break
		}
		n.say(true, false, "missing", "%s: %s", name, text)
	}
}

// differences says in what runs differ.
func (n *noting) differences(runs []*ComparedRun) {
	known := make([]Manifest, len(runs))
	for i, r := range runs {
		known[i] = r.known()
	}
	for i := range known[1:] {
		n.scenario(&known[0], &known[i+1])
		n.plan(known[0].Plan, known[i+1].Plan)
		n.options(known[0].Options, known[i+1].Options)
	}
	differ := func(refuses bool, about, more string, value func(m *Manifest) string) {
		var values []string
		for i := range known {
			v := value(&known[i])
			if v == "" {
				v, refuses = "unknown", false
			}
			if v = Printable(v); !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		last := len(values) - 1
		n.say(last > 0, refuses, about, "%s: %s and %s%s", about, strings.Join(values[:last], ", "), values[last], more)
	}
	differ(true, "pairs", "", func(m *Manifest) string { return positive(m.Pairs) })
	differ(true, "network", "", func(m *Manifest) string { return m.NetworkID })
	differ(true, "machine", "", func(m *Manifest) string { return machine(m.Host) })
	differ(false, "host", "", func(m *Manifest) string { return m.Host.Name })
	differ(false, "node", "", func(m *Manifest) string { return m.Node })
	differ(false, "node version", "", func(m *Manifest) string { return m.NodeVersion })
	differ(false, "chanbot", "", func(m *Manifest) string { return m.Chanbot })
	differ(false, "Go", "", func(m *Manifest) string { return m.Host.Go })
	differ(false, "command", "", func(m *Manifest) string { return m.Command })
	differ(false, "seed", ", so the runs took other decisions", func(m *Manifest) string { return strconv.FormatUint(m.Seed, 10) })
	shortest, longest := runs[0].Judged, runs[0].Judged
	for _, r := range runs {
		shortest, longest = min(shortest, r.Judged), max(longest, r.Judged)
	}
	n.say(longest.Seconds() > 1.1*shortest.Seconds(), false, "length", "length: from %s to %s were judged; a longer run has a longer maximum", short(shortest), short(longest))
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func machine(h Host) string {
	if h.OS == "" && h.CPUs == 0 {
		return ""
	}
	return fmt.Sprintf("%s/%s with %d CPUs, %d used", h.OS, h.Arch, h.CPUs, h.Procs)
}

// scenario says whether two runs did the same work.
func (n *noting) scenario(x, y *Manifest) {
	a, b := x.Scenario, y.Scenario
	if a.Text == "" || b.Text == "" {
		n.say(a.Name != b.Name, true, "scenario", "scenario: %s and %s", Printable(a.Name), Printable(b.Name))
		n.say(a.Name == b.Name, false, "scenario", "scenario: a run does not say what it did")
		return
	}
	if a.Text == b.Text {
		return
	}
	line, one, other := firstDifference(a.Text, b.Text)
	where := fmt.Sprintf("from line %d on: %q and %q", line, shorten(one, 50), shorten(other, 50))
	if n.samePlan != nil && n.samePlan(x, y) {
		n.say(true, false, "scenario", "scenario: the texts differ, but not in what is done, %s", where)
		return
	}
	n.say(true, true, "scenario", "scenario: %s differs %s", Printable(b.Name), where)
}

// firstDifference returns the first lines that differ.
func firstDifference(a, b string) (line int, one, other string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for line < len(x) && line < len(y) && x[line] == y[line] {
		line++
	}
	if line < len(x) {
		one = strings.TrimSpace(x[line])
	}
	if line < len(y) {
		other = strings.TrimSpace(y[line])
	}
	return line + 1, one, other
}

// plan says whether two loads were meant to be the same. How long they were is
// not a part of it.
func (n *noting) plan(x, y *RunPlan) {
	if x == nil || y == nil {
		return
	}
	n.say(x.Setup != y.Setup, true, "plan", "set-ups: %s and %s", Printable(x.Setup), Printable(y.Setup))
	n.say(len(x.Phases) != len(y.Phases), true, "plan", "plan: %s and %s", plural(len(x.Phases), "phase"), plural(len(y.Phases), "phase"))
	for i := range min(len(x.Phases), len(y.Phases)) {
		a, b := x.Phases[i], y.Phases[i]
		name := Printable(b.Name)
		n.say(a.Name != b.Name, true, "plan", "phase %d: %s and %s", i+1, Printable(a.Name), name)
		n.say(a.Arrivals != b.Arrivals, true, "plan", "phase %s: arrivals %s and %s", name, Printable(a.Arrivals), Printable(b.Arrivals))
		n.say(!slices.Equal(a.Mix, b.Mix), true, "plan", "phase %s: the mix differs", name)
	}
}

// shaping are the flags that change what a run does; quiet ones do not even
// weaken a comparison, or are compared by what they lead to.
var (
	shaping = []string{"iterations", "strategy", "param", "set", "era", "sign", "first", "initiator-node", "responder-node"}
	quiet   = []string{
		"rate", "ramp-up", "duration", "pairs", "seed", "node", "network-id", "out", "json", "quiet", "no-progress", "log-level", "threshold",
		"api", "allow-host", "allow-mainnet", "ca", "header", "keep-going", "grace", "timeout",
	}
)

func (n *noting) options(x, y map[string]string) {
	names := append(sortedKeys(x), sortedKeys(y)...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if x[name] == y[name] || slices.Contains(quiet, name) {
			continue
		}
		say := func(v string, given bool) string {
			if !given {
				return "not given"
			}
			return Printable(v)
		}
		a, inA := x[name]
		b, inB := y[name]
		n.say(true, slices.Contains(shaping, name), "--"+name, "--%s: %s and %s", Printable(name), say(a, inA), say(b, inB))
	}
}

// together says what concerns the sides as a whole.
func (n *noting) together(base, new []*ComparedRun) {
	for i, a := range base {
		for _, b := range slices.Concat(base[i+1:], new) {
			n.overlap(a, b)
		}
	}
	for i, a := range new {
		for _, b := range new[i+1:] {
			n.overlap(a, b)
		}
	}
	free := len(base) + len(new) - 2
	n.say(free < 2, false, "runs", "runs: the intervals cover what varies inside a run, not how runs of the same thing differ; that takes 4 runs in all, as in --base A --base B --base C NEW")
	var missing []string
	for _, op := range operationsOf(base) {
		if !slices.Contains(operationsOf(new), op) {
			missing = append(missing, string(op))
		}
	}
	n.say(len(missing) > 0, false, "operations", "operations: %s only in the base", Printable(strings.Join(missing, ", ")))
}

func operationsOf(runs []*ComparedRun) []outcome.Operation {
	var out []outcome.Operation
	for _, r := range runs {
		out = append(out, r.operations()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// overlap tells of runs that are one, or that disturbed each other.
func (n *noting) overlap(a, b *ComparedRun) {
	x, y := a.known(), b.known()
	if x.Started.IsZero() || y.Started.IsZero() || x.Host.Name != y.Host.Name {
		return
	}
	if x.Started.Equal(y.Started) && x.Seed == y.Seed {
		n.say(true, false, "same run", "%s and %s are the same run", a.Name(), b.Name())
		return
	}
	if x.Started.Before(y.Started.Add(b.Judged)) && y.Started.Before(x.Started.Add(a.Judged)) {
		n.say(true, false, "overlap", "%s and %s ran at the same time and took each other's CPU", a.Name(), b.Name())
	}
}
