package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chanbot/scenarios"
)

// The list of cases in the manual is the table of package scenarios. With
// UPDATE_DOCS set the list is written again.
func TestTheManualListsTheCases(t *testing.T) {
	const page, begin, end = "../../docs/conformance.md", "<!-- cases -->\n", "<!-- end of cases -->\n"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	list, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the cases", page)
	}
	want := caseList(t)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(page, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("the table (-) is not what the manual lists (+); UPDATE_DOCS=1 writes it again:\n%s", diff)
	}
}

// caseList writes the cases as a table of Markdown, and what is known about
// them below it.
func caseList(t *testing.T) string {
	t.Helper()
	var table, notes strings.Builder
	table.WriteString("| Sequence | Case | Tags | Not on |\n| --- | --- | --- | --- |\n")
	for _, one := range scenarios.Conformance() {
		name, tags := "none: "+one.Missing, ""
		if one.Scenario != "" {
			j, err := new(Command).builtin(one.Scenario)
			if err != nil {
				t.Fatal(err)
			}
			name, tags = "`"+one.Scenario+"`", strings.Join(j.scenario.Tags, ", ")
		}
		not := ""
		switch {
		case one.Contracts:
			not = "the embedded node, which runs no contracts"
		case one.Era != "":
			not = "nodes of today"
		case one.Current:
			not = "`--era 2020`"
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", one.Sequence, name, tags, not)
		for _, d := range one.Differences {
			fmt.Fprintf(&notes, "- %s: %s\n", name, d)
		}
	}
	return "\n" + table.String() + "\nWhat real nodes are known to answer differently, and what a case leaves open:\n\n" + notes.String() + "\n"
}
