package simnode

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDefects plays, for each defect, the session that testdata/defects/NAME.txt
// names, on a clean node and on one with the defect. The rest of the file is
// what differs: - is the clean node, + the one with the defect.
func TestDefects(t *testing.T) {
	clean := map[string][][]string{}
	for _, d := range Defects() {
		t.Run(d.Name, func(t *testing.T) {
			file := filepath.Join("testdata", "defects", d.Name+".txt")
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(string(src), "\n")
			name = strings.TrimPrefix(name, "session ")
			session, err := os.ReadFile(filepath.Join("testdata", "sessions", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			if clean[name] == nil {
				clean[name] = playSession(t, string(session), Config{})
			}
			bent := playSession(t, string(session), Config{Defects: []string{d.Name}})
			diff := compare(clean[name], bent)
			if diff == "" {
				t.Fatalf("in session %s the defect makes no difference", name)
			}
			got := "session " + name + "\n\n" + diff
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(src), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDefectsAreDescribed keeps the list in order: what `chanbot node
// --list-defects` and the manual show of it.
func TestDefectsAreDescribed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	source := regexp.MustCompile(`^(fsm|ws-api|transactions|http-api) [0-9]+(\.[0-9]+)?$`)
	seen := map[string]bool{}
	group := 0
	for _, d := range Defects() {
		switch {
		case !name.MatchString(d.Name) || seen[d.Name]:
			t.Errorf("%q: not a name, or twice", d.Name)
		case !strings.HasSuffix(d.Does, ".") || !strings.HasSuffix(d.Breaks, ".") || strings.HasSuffix(d.When, "."):
			t.Errorf("%s: does %q, breaks %q, when %q", d.Name, d.Does, d.Breaks, d.When)
		case !source.MatchString(d.Source):
			t.Errorf("%s: source %q", d.Name, d.Source)
		case len(d.Flows) == 0 || slices.ContainsFunc(d.Flows, func(f string) bool { return !slices.Contains(DefectFlows(), f) }):
			t.Errorf("%s: flows %q", d.Name, d.Flows)
		}
		seen[d.Name] = true
		at := slices.Index(DefectGroups(), d.Group)
		if at < group {
			t.Errorf("%s: group %q is unknown or out of order", d.Name, d.Group)
		}
		group = at
	}
	for _, pattern := range []string{"testdata/defects/*.txt", "testdata/sessions/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		if strings.Contains(pattern, "sessions") {
			continue
		}
		for _, f := range files {
			if !seen[strings.TrimSuffix(filepath.Base(f), ".txt")] {
				t.Errorf("%s belongs to no defect", f)
			}
		}
	}
}

func TestAnUnknownDefectIsNamed(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"round-not-increase", `no defect is called "round-not-increase"; did you mean round-not-increased?`},
		{"Accepts Unsigned Ack", `no defect is called "Accepts Unsigned Ack"; did you mean accepts-unsigned-ack?`},
		{"xyz", `no defect is called "xyz"`},
		{"", `no defect is called ""`},
	} {
		cfg := Config{Defects: []string{"pays-the-wrong-side", c.name}}
		err := cfg.Validate()
		unknown, ok := errors.AsType[*UnknownDefectError](err)
		if !ok || unknown.Name != c.name || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.name, err, c.want)
		}
	}
	good := Config{Defects: []string{"pays-the-wrong-side", "pays-one-coin-too-much"}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// TestDefectsTogether makes a node with two defects that bend the same frames.
func TestDefectsTogether(t *testing.T) {
	session, err := os.ReadFile(filepath.Join("testdata", "sessions", "update.txt"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := playSession(t, string(session), Config{Defects: []string{"update-reported-twice", "reports-update-without-the-peers-signature", "update-not-announced"}})
	var updates, announced, alone int
	for _, line := range slices.Concat(blocks...) {
		if strings.HasPrefix(line, "I< update ") {
			updates++
			if strings.Contains(line, "signed by I]") {
				alone++
			}
		}
		if strings.Contains(line, `{"event":"update"}`) {
			announced++
		}
	}
	if updates != 6 || alone != 4 || announced != 0 {
		t.Errorf("%d reports, %d of them with one signature, %d announcements; want 6, 4 and 0", updates, alone, announced)
	}
}

// TestACleanNodeHasNoHooks: without defects nothing is hooked, so that nothing
// can be bent, or cost anything.
// A swap that is done twice would be none.
func TestADefectThatIsNamedTwiceCountsOnce(t *testing.T) {
	cfg := Config{Defects: []string{"chain-pays-a-close-to-the-other-side", "round-increased-twice", "chain-pays-a-close-to-the-other-side"}}
	if n := len(cfg.bendings()); n != 2 {
		t.Errorf("%d defects, want 2", n)
	}
}

func TestACleanNodeHasNoHooks(t *testing.T) {
	n := New(Config{})
	defer n.Close()
	f := newTestFSM(t)
	n.bend(f)
	if n.bent != nil || n.chain.ledger.bent != nil || f.bent != nil {
		t.Error("a node without defects has hooks")
	}
}

func newTestFSM(t *testing.T) *fsm {
	t.Helper()
	p := newScriptPair(t)
	p.start(nil)
	return p.fsms[0]
}
