package scenarios

import (
	"slices"
	"strings"
	"testing"
)

func TestListHasEveryFileWithItsDescription(t *testing.T) {
	for _, e := range List() {
		if len(e.Description) < 20 || strings.Contains(e.Description, "\n") {
			t.Errorf("%s: description %q", e.File, e.Description)
		}
		find := Scenario
		if e.Kind == KindStrategy {
			find = Strategy
		}
		src, ok := find(e.Name)
		if !ok || !strings.Contains(string(src), "\nname: "+e.Name+"\n") {
			t.Errorf("%s: found %v, and its name is not %q", e.File, ok, e.Name)
		}
	}
	for _, want := range []string{"can-not-abort-while-open", "transfers", "conflict-both-sign"} {
		if !slices.Contains(Names(), want) {
			t.Errorf("no scenario %q in %v", want, Names())
		}
	}
	want := []string{"aborter", "chaos", "conflicter", "flaky", "honest", "liar", "quitter", "silent", "slow"}
	if got := StrategyNames(); !slices.Equal(got, want) {
		t.Errorf("strategies %v, want %v", got, want)
	}
}

func TestOnlyNamesOfItsOwnKindAreFound(t *testing.T) {
	for _, name := range []string{"", "nope", "honest", "strategies/honest", "../scenarios/transfers", "transfers.yaml"} {
		if _, ok := Scenario(name); ok {
			t.Errorf("Scenario(%q) found something", name)
		}
	}
	for _, name := range []string{"", "transfers", "../transfers", `..\transfers`} {
		if _, ok := Strategy(name); ok {
			t.Errorf("Strategy(%q) found something", name)
		}
	}
}
