package fuzz

import (
	"os"
	"strings"
	"testing"

	"chanbot/model"
)

// TestTheManualNamesEveryRule: a finding names a rule, and its reader looks it up.
func TestTheManualNamesEveryRule(t *testing.T) {
	page, err := os.ReadFile("../docs/fuzzing.md")
	if err != nil {
		t.Fatal(err)
	}
	own := []string{RuleExpectation, RuleTimer, RuleTimerLate, RuleDepth, RuleCoins, RuleRoom, RuleNodeGone, RuleNodeHung}
	for _, rule := range append(append(model.Rules(), model.Quirks()...), own...) {
		if !strings.Contains(string(page), "`"+rule+"`") {
			t.Errorf("docs/fuzzing.md does not say what %s is", rule)
		}
	}
}
