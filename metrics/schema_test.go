package metrics

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"chanbot/results"
)

func TestSummariesFollowTheirSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	schema, err := c.Compile(filepath.Join("..", "docs", "summary.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, text []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return schema.Validate(v)
	}
	full, journal := played(t, 3000)
	full.Violations[0].Frames = []results.ViolationFrame{{Side: "responder", Dir: results.DirIn, Frame: []byte(`{"a":[1]}`)}}
	full.Thresholds = append(full.Thresholds, Result{Threshold: limits[0], State: TooFew, Needed: 100}.Summary())
	rebuilt, err := Rebuild(bytes.NewReader(journal), RebuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	empty, err := Rebuild(bytes.NewReader(nil), RebuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*results.Summary{"full": full, "rebuilt": rebuilt.Summary, "of nothing": empty.Summary} {
		text, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := check(name, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := full.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{`"attempts": -1`, `"verdict": "maybe"`, `"extra": 1`, `"outcomes": {"signd": 1}`} {
		broken := strings.Replace(string(text), `"version": 1,`, `"version": 1,`+wrong+",", 1)
		if key, _, _ := strings.Cut(wrong, ":"); strings.Count(broken, key) > 1 { // the last of two keys counts, so put it last
			broken = strings.TrimSuffix(strings.TrimSpace(string(text)), "}") + "," + wrong + "}"
		}
		if check(wrong, []byte(broken)) == nil {
			t.Errorf("%s is allowed", wrong)
		}
	}
}
