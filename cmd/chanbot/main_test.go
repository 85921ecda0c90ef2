package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the scripts of testdata/script, one for each feature of the
// command line. Beside the usual commands they have these:
//
//	exit CODE ARGS...     run chanbot and want this exit code
//	node NAME ARGS...     serve an embedded node for the rest of the script; $NAME is its URL,
//	                      $NAME_API that of its HTTP API, $NAME_2 that of the second node
//	get STATUS URL        make a request and want this answer
//	mute NAME             serve a node that takes connections and never says anything
//	dead NAME             make $NAME the URL of a port where nobody listens
//	until FOLDER REGEXP   wait until the private channels of the run in a folder match, and make $RUN
//	                      the folder of the run
//	measured NAME SEED SLOW [PAIRS]
//	                      make the folder of a run under load; its times are SLOW times the usual ones
//	folder DIR            make $RUN the folder of the one run in a folder
//	json FILE PATH VALUE  want a value at a path such as outcomes.signed or 0.verdict
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit":     scriptExit,
			"node":     scriptNode,
			"mute":     scriptMute,
			"dead":     scriptDead,
			"get":      scriptGet,
			"json":     scriptJSON,
			"measured": scriptMeasured,
			"until":    scriptUntil,
			"folder":   scriptFolder,
		},
		Setup: func(e *testscript.Env) error {
			seed, err := filepath.Abs("../../session/testdata/seed-transcript.md")
			e.Setenv("SEED", seed)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			if err != nil || !raceEnabled {
				return err
			}
			path, err := chanbot()
			e.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+e.Getenv("PATH"))
			return err
		},
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

func scriptExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exit CODE ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec("chanbot", args[1:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run chanbot: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// started is a chanbot node that a test started within its own process.
type started struct {
	url     string   // of the first one
	urls    []string // of all
	line    string   // the whole first line
	signals chan os.Signal
	code    chan int
	stderr  *bytes.Buffer // read it after stop only
}

// startNode serves an embedded node on a free port and waits until it listens.
func startNode(args ...string) (*started, error) {
	out, in := io.Pipe()
	s := &started{
		signals: make(chan os.Signal, 1), // stop must not wait for a node that has failed
		code:    make(chan int, 1),       // nor the node for stop
		stderr:  new(bytes.Buffer),
	}
	c := Command{Stdout: in, Stderr: s.stderr, Signals: s.signals}
	go func() {
		code := c.Main(append([]string{"node", "--listen", "127.0.0.1:0"}, args...))
		in.Close()
		s.code <- code
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("chanbot node said nothing (exit code %d): %s", <-s.code, s.stderr)
	}
	s.line = line
	for word := range strings.FieldsSeq(line) {
		if strings.HasPrefix(word, "ws://") {
			s.urls = append(s.urls, strings.TrimSuffix(word, ","))
		}
	}
	s.url = s.urls[0]
	go io.Copy(io.Discard, lines) //nolint:errcheck // until the node is gone
	return s, nil
}

// stop sends Ctrl-C and returns the exit code.
func (s *started) stop() int {
	s.signals <- os.Interrupt
	return <-s.code
}

func scriptNode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: node NAME ARGS...")
	}
	s, err := startNode(args[1:]...)
	ts.Check(err)
	ts.Defer(func() {
		if code := s.stop(); code != 0 {
			ts.Fatalf("chanbot node ended with %d: %s", code, s.stderr)
		}
	})
	ts.Logf("%s", s.line)
	ts.Setenv(args[0], s.url)
	ts.Setenv(args[0]+"_API", "http"+strings.TrimPrefix(s.url, "ws"))
	ts.Setenv(args[0]+"_2", s.urls[len(s.urls)-1])
}

// muteNode takes WebSocket connections and says nothing on them.
func muteNode() *httptest.Server {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}))
}

func scriptMute(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mute NAME")
	}
	s := muteNode()
	ts.Defer(s.Close)
	ts.Setenv(args[0], "ws"+strings.TrimPrefix(s.URL, "http"))
}

func scriptDead(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dead NAME")
	}
	s := muteNode()
	s.Close()
	ts.Setenv(args[0], "ws"+strings.TrimPrefix(s.URL, "http"))
	ts.Setenv(args[0]+"_API", s.URL)
}

func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get STATUS URL")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	resp, err := http.Get(args[1])
	ts.Check(err)
	resp.Body.Close()
	if resp.StatusCode != want {
		ts.Fatalf("%s: %s, want %d", args[1], resp.Status, want)
	}
}

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	var v, want any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &v); err != nil {
		ts.Fatalf("%s is no JSON document: %v", args[0], err)
	}
	if err := json.Unmarshal([]byte(args[2]), &want); err != nil {
		want = args[2]
	}
	for key := range strings.SplitSeq(args[1], ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				ts.Fatalf("%s: no element %s", args[1], key)
			}
			v = in[i]
		default:
			v = nil
		}
	}
	if equal := reflect.DeepEqual(v, want); equal == neg {
		ts.Fatalf("%s is %v, and %v was given", args[1], v, want)
	}
}
