package results

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestComparisonsFollowTheirSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "compare.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := readRun(t, writeRun(t, 20, 100, 1)), readRun(t, writeRun(t, 3, 10, 1))
	limit := .1
	for name, c := range map[string]*Comparison{
		"judged":   Compare([]*ComparedRun{a, a}, [][]*ComparedRun{{b}, {a, b}}, CompareOptions{Chanbot: "1.2.3", Resamples: 100, MaxRegression: &limit}),
		"shown":    Compare([]*ComparedRun{b}, [][]*ComparedRun{{a}}, CompareOptions{Resamples: 100}),
		"of empty": Compare([]*ComparedRun{{}}, [][]*ComparedRun{{{m: newMeasurements(time.Second)}}}, CompareOptions{Resamples: 100}),
	} {
		text, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		v.(map[string]any)["verdict"] = "good"
		if schema.Validate(v) == nil {
			t.Errorf("%s: a verdict that does not exist is allowed", name)
		}
		var back Comparison
		if err := json.Unmarshal(text, &back); err != nil || len(back.Comparisons) != len(c.Comparisons) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
