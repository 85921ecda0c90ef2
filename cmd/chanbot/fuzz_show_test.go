package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"chanbot/fuzz"
	"chanbot/results"
)

// TestSearchesFollowTheirSchema: other programs read what a search came to.
func TestSearchesFollowTheirSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "fuzz.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	full := &fuzz.Report{
		Findings: []*fuzz.Finding{{Rule: "state"}},
		Repeated: 3, Others: []fuzz.Others{{Rule: "state", Cases: 3, Alike: 2, Vanished: 1}}, Cases: 5,
		Unplayed: []fuzz.Unplayed{{Why: "no room", Cases: 1}}, Refused: &fuzz.Refusals{Channels: 12, Why: "no room"}, Room: &fuzz.Room{Machines: 4, Cases: 1},
		Ended: "it did",
	}
	for name, c := range map[string]struct {
		rep      *fuzz.Report
		findings []fuzzFinding
	}{
		"full":  {full, []fuzzFinding{{Rule: "state", Beside: []string{"findings/01-state-beside/01.yaml"}}}},
		"empty": {&fuzz.Report{Others: []fuzz.Others{}, Unplayed: []fuzz.Unplayed{}}, nil},
	} {
		g := &fuzzing{o: new(fuzzOptions), findings: c.findings}
		b, err := json.Marshal(g.document(c.rep))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err == nil {
			err = schema.Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
}

// TestTheLastLinesOfASearch say what the cases came to that are in no finding.
func TestTheLastLinesOfASearch(t *testing.T) {
	var out bytes.Buffer
	g := &fuzzing{w: &out, folder: new(results.Folder)}
	g.tally(&fuzz.Report{
		Others:   []fuzz.Others{{Rule: "stuck", Cases: 4, Alike: 1, Vanished: 2, Unchecked: 1}},
		Unplayed: []fuzz.Unplayed{{Why: "no room", Cases: 12}}, Cases: 3,
		Refused: &fuzz.Refusals{Channels: 11, Why: "no room"}, Room: &fuzz.Room{Machines: 40, Cases: 18},
	})
	for _, want := range []string{
		"most cases could not be played, and nothing was found in the others: 3 cases",
		"others      stuck in 4 cases more: 1 like a finding, 2 did not show again, 1 not played again\n",
		"not played  12 cases: no room\n",
		"refused     the node has refused the last 11 channels: no room\n",
		"room        the node takes only so many state machines at once, 40 were seen; 18 cases beside each other in the end\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
