package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary chanbot itself where it is started by that
// name, and takes away what program has built.
func TestMain(m *testing.M) {
	// A process that the race detector watches sleeps before it ends, for a second
	// unless told otherwise.
	if err := os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	parallelFlag()
	testscript.Main(tidy{m}, map[string]func(){"chanbot": main})
}

// parallelFlag has more tests run at once than there are processors, unless
// -parallel says otherwise: most of them wait for processes and clocks.
func parallelFlag() {
	if filepath.Base(os.Args[0]) == "chanbot" { // whose flags are not those of tests
		return
	}
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
}

// tidy runs the tests and leaves nothing behind.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	defer func() {
		if built != "" {
			os.RemoveAll(built)
		}
	}()
	return t.M.Run()
}

// built is the folder that chanbot was built in, "" as long as it is not.
var built string

// chanbot returns the path of the program that tests run as a process of its
// own. Under the race detector it is built once without it: hundreds of
// processes start and calculate several times faster, and what they do together
// the tests within this process do as well. CHANBOT_RACE=processes has the
// detector watch them, too.
var chanbot = sync.OnceValues(func() (string, error) {
	if !raceEnabled || os.Getenv("CHANBOT_RACE") == "processes" {
		return os.Executable()
	}
	dir, err := os.MkdirTemp("", "chanbot-built-")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "chanbot")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// program is chanbot as a process of its own, for Command.Program.
func program(args ...string) *exec.Cmd {
	path, err := chanbot()
	return &exec.Cmd{Path: path, Args: append([]string{"chanbot"}, args...), Err: err}
}

// apart runs chanbot as a process of its own.
func apart(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := program(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}
