package simnode

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheManualListsTheDefects checks the tables of docs/defects.md; -update
// rewrites them.
func TestTheManualListsTheDefects(t *testing.T) {
	file := filepath.Join("..", "docs", "defects.md")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(src), "\n## ")
	var out strings.Builder
	out.WriteString(strings.TrimRight(text, "\n") + "\n")
	for _, group := range DefectGroups() {
		fmt.Fprintf(&out, "\n## %s\n\n| Defect | What it does | Rule | Needs |\n| --- | --- | --- | --- |\n", strings.ToUpper(group[:1])+group[1:])
		for _, d := range Defects() {
			if d.Group != group {
				continue
			}
			needs := strings.Join(d.Flows, ", ")
			if d.When != "" {
				needs += " (" + d.When + ")"
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s (%s) | %s |\n", d.Name, d.Does, d.Breaks, d.Source, needs)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
