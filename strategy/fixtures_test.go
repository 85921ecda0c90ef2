package strategy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"chanbot/scenarios"
	"chanbot/strategy"
)

var update = flag.Bool("update", false, "rewrite the expected output of testdata/err")

func fixtures(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

// resolve knows the built-in strategies and those in testdata/strategies.
func resolve(name string) (string, []byte, error) {
	if src, err := os.ReadFile(filepath.Join("testdata", "strategies", name+".yaml")); err == nil {
		return "strategies/" + name + ".yaml", src, nil
	}
	return builtin(name)
}

// parse reads a file as what it is; a strategy is a file with "strategy" in its name.
func parse(file string, src []byte) strategy.Problems {
	name := filepath.Base(file)
	if strings.HasPrefix(name, "strategy") {
		_, problems := strategy.ParseStrategy(name, src, strategy.Options{ResolveStrategy: resolve})
		return problems
	}
	_, problems := strategy.Parse(name, src, strategy.Options{ResolveStrategy: resolve})
	return problems
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestRightFilesHaveNoProblem(t *testing.T) {
	for _, file := range fixtures(t, "ok/*.yaml") {
		if problems := parse(file, read(t, file)); problems != nil {
			t.Errorf("%s:\n%v", file, problems)
		}
	}
}

func TestWrongFilesAreExplained(t *testing.T) {
	for _, file := range fixtures(t, "err/*.yaml") {
		problems := parse(file, read(t, file))
		if len(problems) == 0 {
			t.Errorf("%s: no problem was found", file)
			continue
		}
		got, out := problems.Error()+"\n", strings.TrimSuffix(file, ".yaml")+".out"
		if *update {
			if err := os.WriteFile(out, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(read(t, out)), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestTenMistakesHaveTenPositions(t *testing.T) {
	problems := parse("ten.yaml", read(t, "testdata/err/ten-mistakes.yaml"))
	var got []int
	for _, p := range problems {
		got = append(got, p.Pos.Line)
	}
	if want := []int{3, 4, 6, 8, 9, 12, 14, 15, 17, 20}; !slices.Equal(got, want) {
		t.Errorf("problems in lines %v, want %v:\n%v", got, want, problems)
	}
}

// compiled returns the schema, ready to validate.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(strategy.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("chanbot.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("chanbot.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON gives a YAML file to the validator as an editor does.
func asJSON(t *testing.T, src []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheSchemaAcceptsWhatParseAccepts(t *testing.T) {
	s := compiled(t)
	for _, file := range fixtures(t, "ok/*.yaml") {
		if err := s.Validate(asJSON(t, read(t, file))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, e := range scenarios.List() {
		src, ok := scenarios.Scenario(e.Name)
		if e.Kind == scenarios.KindStrategy {
			src, ok = scenarios.Strategy(e.Name)
		}
		if !ok {
			t.Fatalf("%s is not there", e.Name)
		}
		if err := s.Validate(asJSON(t, src)); err != nil {
			t.Errorf("%s: %v", e.File, err)
		}
	}
}

// Files named structure-* break the form, which an editor must see.
func TestTheSchemaRefusesWrongStructure(t *testing.T) {
	s := compiled(t)
	for _, file := range fixtures(t, "err/structure-*.yaml") {
		if s.Validate(asJSON(t, read(t, file))) == nil {
			t.Errorf("%s: accepted", file)
		}
	}
}
