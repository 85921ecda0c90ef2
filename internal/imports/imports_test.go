// Package imports holds the test that keeps the import arrows of the project.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "chanbot"

// rule says what the non-test files of a package may import.
type rule struct {
	rooms   []string // packages of this module
	foreign []string // modules from outside, by import path prefix
}

// arrows is the picture of the house. A package that is missing here, or an
// import that is missing in its rule, fails the test.
var arrows = map[string]rule{
	"cmd/chanbot":      {rooms: []string{"*"}, foreign: []string{"github.com/spf13/", "github.com/gorilla/websocket", "golang.org/x/sys"}},
	"bot":              {rooms: []string{"wire", "tx", "model", "strategy", "load", "metrics", "results", "outcome", "fault"}, foreign: []string{"github.com/gorilla/websocket"}},
	"fuzz":             {rooms: []string{"bot", "model", "strategy", "wire", "tx", "results", "outcome", "fault"}, foreign: []string{"gopkg.in/yaml.v3"}},
	"session":          {rooms: []string{"wire", "tx", "strategy", "outcome", "results"}},
	"strategy":         {rooms: []string{"wire", "load", "outcome"}, foreign: []string{"gopkg.in/yaml.v3"}},
	"scenarios":        {},
	"load":             {},
	"metrics":          {rooms: []string{"results", "outcome"}, foreign: []string{"github.com/HdrHistogram/", "github.com/vbauerster/mpb/", "github.com/prometheus/"}},
	"results":          {rooms: []string{"outcome"}, foreign: []string{"github.com/HdrHistogram/"}},
	"outcome":          {},
	"model":            {rooms: []string{"wire", "tx", "outcome"}},
	"fault":            {rooms: []string{"wire", "outcome"}, foreign: []string{"github.com/gorilla/websocket"}},
	"accounts":         {rooms: []string{"tx", "nodeapi"}, foreign: []string{"gopkg.in/yaml.v3"}},
	"reclaim":          {rooms: []string{"accounts", "nodeapi", "wire", "tx", "outcome", "results"}, foreign: []string{"github.com/gorilla/websocket"}},
	"nodeapi":          {rooms: []string{"tx"}},
	"simnode":          {rooms: []string{"wire", "tx"}, foreign: []string{"github.com/gorilla/websocket"}},
	"wire":             {},
	"tx":               {foreign: []string{"golang.org/x/crypto/", "github.com/oasisprotocol/curve25519-voi/"}},
	"internal/memnet":  {},
	"internal/imports": {},
	"internal/mutants": {},
	"internal/bench":   {rooms: []string{"wire", "tx", "outcome", "results"}, foreign: []string{"github.com/gorilla/websocket"}},
}

func TestImportsFollowTheArrows(t *testing.T) {
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	seen := 0
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "runs") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		seen++
		room := filepath.ToSlash(filepath.Dir(path))
		file, err := parser.ParseFile(fset, filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		r, known := arrows[room]
		if !known {
			t.Errorf("%s: package %s is not in the picture of the house", path, room)
			return nil
		}
		isTest := strings.HasSuffix(path, "_test.go")
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			at := fset.Position(spec.Pos())
			if isTest {
				if inner, ok := strings.CutPrefix(p, module+"/"); ok && simnodeMeetsModel(room, inner) {
					t.Errorf("%s: %s and %s never meet, not even in tests", at, room, inner)
				}
				continue
			}
			if why := forbidden(r, p); why != "" {
				t.Errorf("%s: %s may not import %s: %s", at, room, p, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 5 {
		t.Fatalf("only %d Go files were looked at; the walk starts at the wrong place", seen)
	}
}

func simnodeMeetsModel(room, imported string) bool {
	return room == "simnode" && imported == "model" || room == "model" && imported == "simnode"
}

// forbidden returns why a package with rule r may not import path, or "".
func forbidden(r rule, path string) string {
	if inner, ok := strings.CutPrefix(path, module+"/"); ok {
		if slices.Contains(r.rooms, "*") || slices.Contains(r.rooms, inner) {
			return ""
		}
		return "no arrow leads there"
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return "" // standard library
	}
	for _, prefix := range r.foreign {
		if strings.HasPrefix(path, prefix) {
			return ""
		}
	}
	return "this package does not use that module"
}

func TestAForbiddenArrowIsFound(t *testing.T) {
	for _, c := range []struct {
		room, path string
		allowed    bool
	}{
		{"tx", "fmt", true},
		{"tx", "golang.org/x/crypto/blake2b", true},
		{"tx", "chanbot/wire", false},
		{"simnode", "chanbot/model", false},
		{"model", "chanbot/simnode", false},
		{"outcome", "gopkg.in/yaml.v3", false},
		{"cmd/chanbot", "chanbot/simnode", true},
		{"wire", "math/rand/v2", true},
	} {
		if got := forbidden(arrows[c.room], c.path) == ""; got != c.allowed {
			t.Errorf("%s importing %s: allowed %v, want %v", c.room, c.path, got, c.allowed)
		}
	}
}
