package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProfile(t *testing.T) {
	var stderr bytes.Buffer
	path := filepath.Join(t.TempDir(), "cpu.prof")
	profile(func(string) string { return path }, &stderr)()
	if b, err := os.ReadFile(path); err != nil || len(b) == 0 || stderr.Len() > 0 {
		t.Errorf("profile of %d bytes, %v, said %q", len(b), err, &stderr)
	}
	profile(func(string) string { return "" }, &stderr)()
	if stderr.Len() > 0 {
		t.Errorf("said %q", &stderr)
	}
	profile(func(string) string { return filepath.Join(path, "below-a-file") }, &stderr)()
	if !strings.HasPrefix(stderr.String(), "chanbot: warning: CHANBOT_CPUPROFILE: ") {
		t.Errorf("said %q", &stderr)
	}
}
