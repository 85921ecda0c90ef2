package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"chanbot/scenarios"
	"chanbot/strategy"
)

// maxFile is the most that is read of a scenario; the language allows less.
const maxFile = 4 << 20

// source is the text of a scenario or a strategy and where it came from.
type source struct {
	file    string // in positions; built-in ones are named as in the source tree
	dir     string // where strategies are looked for first; "" for built-in ones
	builtin bool
	text    []byte
}

// find returns the scenario that an argument of run names: a file, "-" for
// standard input, or a built-in scenario.
func (c *Command) find(arg string) (source, error) {
	if arg == "-" {
		b, err := readBounded(c.Stdin)
		if err != nil {
			return source{}, misuse("", "standard input: %v", err)
		}
		return source{file: "<stdin>", dir: ".", text: b}, nil
	}
	text, known := scenarios.Scenario(arg)
	if known && !looksLikeFile(arg) {
		return source{file: "builtin:" + arg, builtin: true, text: text}, nil
	}
	b, err := readFile(arg)
	switch {
	case err == nil:
		return source{file: arg, dir: filepath.Dir(arg), text: b}, nil
	case errors.Is(err, fs.ErrNotExist) && !looksLikeFile(arg):
		hint := "chanbot scenarios lists the built-in ones; a file is named with its path"
		if near := nearest(arg, scenarios.Names()); near != "" {
			hint = "did you mean " + near + "? " + hint
		}
		return source{}, misuse(hint, "no scenario and no file is called %q", arg)
	}
	return source{}, badFile(arg, err)
}

func looksLikeFile(arg string) bool {
	return strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") || strings.HasSuffix(arg, ".json")
}

// badFile is the complaint about a file that cannot be read.
func badFile(path string, err error) complaint {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	hint := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = "check the path; relative ones start at the working directory"
	case errors.Is(err, fs.ErrPermission):
		hint = "make the file readable for you"
	}
	return misuse(hint, "%s: %v", path, err)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("more than %d MiB", maxFile>>20)
	}
	return b, err
}

var strategyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// strategies finds the strategies that a scenario names: beside its file, then
// among the built-in ones.
func (s source) strategies(name string) (string, []byte, error) {
	if !strategyName.MatchString(name) {
		return "", nil, errors.New("a strategy's name is letters, digits, '.', '_' and '-'")
	}
	if !s.builtin {
		for _, ending := range []string{".yaml", ".yml"} {
			path := filepath.Join(s.dir, name+ending)
			b, err := readFile(path)
			if err == nil {
				return path, b, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return "", nil, err
			}
		}
	}
	if b, ok := scenarios.Strategy(name); ok {
		return "builtin:" + name, b, nil
	}
	hint := ""
	if near := nearest(name, scenarios.StrategyNames()); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return "", nil, fmt.Errorf("no strategy is called %q%s", name, hint)
}

// parse reads the scenario.
func (s source) parse(set map[string]string) (*strategy.Scenario, strategy.Problems) {
	return strategy.Parse(s.file, s.text, strategy.Options{Set: set, ResolveStrategy: s.strategies})
}
