package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"time"
)

// ManifestVersion is the version of the manifest's shape.
const ManifestVersion = 1

// Manifest says what a run was: everything that is needed to run it again.
type Manifest struct {
	// Version is ManifestVersion; writing sets it.
	Version int `json:"version"`
	// Chanbot is the version of the program.
	Chanbot string `json:"chanbot"`
	// Seed drives every decision of the run.
	Seed uint64 `json:"seed"`
	// AccountsSeed is what the accounts were derived from, where it is not Seed: the
	// steps of a search draw anew, and use the same accounts. Nil elsewhere.
	AccountsSeed *uint64 `json:"accounts_seed,omitempty"`
	// Scenario is what was run, with variables and flags applied.
	Scenario ScenarioFile `json:"scenario"`
	// Node is the node's URL, or "embedded".
	Node string `json:"node"`
	// NodeVersion is what the node's HTTP API says of itself, "" when nobody has
	// asked it, or for the embedded node, which is as old as chanbot.
	NodeVersion string `json:"node_version,omitempty"`
	NetworkID   string `json:"network_id"`
	// Started is the wall clock at the start; everything later is relative.
	Started time.Time `json:"started"`
	Host    Host      `json:"host"`
	// Pairs is how many pairs of bots there are, and Thresholds what is judged
	// at the end, as it was written.
	Pairs      int      `json:"pairs,omitempty"`
	Thresholds []string `json:"thresholds,omitempty"`
	// Plan is what a run under load was meant to do; nil for steps.
	Plan *RunPlan `json:"plan,omitempty"`
	// MaxLatenessUS is how late operations may begin (p99) before the
	// measurement is not valid; zero means LateFloor.
	MaxLatenessUS int64 `json:"max_lateness_us,omitempty"`
	// Command is the subcommand, Options its flags as they were given.
	Command string            `json:"command"`
	Options map[string]string `json:"options,omitempty"`
}

// ScenarioFile is a scenario as it was run.
type ScenarioFile struct {
	Name string `json:"name"`
	// File is where it came from, "" for a built-in one.
	File string `json:"file,omitempty"`
	// Text is the resolved scenario and SHA256 the hash of Text, in hex.
	Text   string `json:"text"`
	SHA256 string `json:"sha256"`
}

// NewScenarioFile fills in the hash.
func NewScenarioFile(name, file, text string) ScenarioFile {
	sum := sha256.Sum256([]byte(text))
	return ScenarioFile{Name: name, File: file, Text: text, SHA256: hex.EncodeToString(sum[:])}
}

// Host is the machine that made the measurement.
type Host struct {
	Name string `json:"name,omitempty"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	// Procs is how many of the CPUs the program may use at once.
	Procs int    `json:"procs"`
	Go    string `json:"go"`
}

// ThisHost describes the machine the program runs on.
func ThisHost() Host {
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	return Host{Name: name, OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Procs: runtime.GOMAXPROCS(0), Go: runtime.Version()}
}

// indented writes v as JSON for people, without escapes that only HTML needs.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
