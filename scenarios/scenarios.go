// Package scenarios holds the ready scenarios and strategies of chanbot as
// files of the scenario language. It is data only: package strategy reads it.
package scenarios

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed *.yaml strategies/*.yaml
var files embed.FS

const strategyDir = "strategies"

// Kind tells the two kinds of files apart.
type Kind uint8

// The kinds.
const (
	KindScenario Kind = iota
	KindStrategy
)

// Entry is one embedded file.
type Entry struct {
	Kind Kind
	Name string
	// File is the path of the file within this package.
	File string
	// Description is the one in the file, on a single line.
	Description string
}

// List returns all scenarios and then all strategies, each sorted by name.
func List() []Entry {
	return append(entries(KindScenario, "."), entries(KindStrategy, strategyDir)...)
}

// Names returns the names of the scenarios, sorted.
func Names() []string { return names(KindScenario) }

// StrategyNames returns the names of the strategies, sorted.
func StrategyNames() []string { return names(KindStrategy) }

// Scenario returns the text of a scenario, and whether there is one of that name.
func Scenario(name string) ([]byte, bool) { return read(".", name) }

// Strategy returns the text of a strategy, and whether there is one of that name.
func Strategy(name string) ([]byte, bool) { return read(strategyDir, name) }

func read(dir, name string) ([]byte, bool) {
	if strings.ContainsAny(name, `/\`) {
		return nil, false
	}
	b, err := files.ReadFile(path.Join(dir, name+".yaml"))
	return b, err == nil
}

func names(k Kind) []string {
	var all []string
	for _, e := range List() {
		if e.Kind == k {
			all = append(all, e.Name)
		}
	}
	return all
}

func entries(k Kind, dir string) []Entry {
	list, err := fs.ReadDir(files, dir)
	if err != nil {
		panic(err) // the directory is embedded
	}
	var all []Entry
	for _, f := range list {
		name, isYAML := strings.CutSuffix(f.Name(), ".yaml")
		if !isYAML {
			continue
		}
		b, _ := read(dir, name)
		all = append(all, Entry{Kind: k, Name: name, File: path.Join(dir, f.Name()), Description: description(string(b))})
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// description returns the value of the key description, in one line. It knows
// the two ways in which the files of this package write it: plain, and folded.
func description(src string) string {
	_, rest, ok := strings.Cut("\n"+src, "\ndescription: ")
	if !ok {
		return ""
	}
	first, rest, _ := strings.Cut(rest, "\n")
	if first != ">-" {
		return first
	}
	var words []string
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, " ") {
			break
		}
		words = append(words, strings.Fields(line)...)
	}
	return strings.Join(words, " ")
}
