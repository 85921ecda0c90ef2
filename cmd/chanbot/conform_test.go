package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/results"
	"chanbot/wire"
)

// conformed runs conform with --json and returns its document.
func conformed(t *testing.T, want int, args ...string) results.Conformance {
	t.Helper()
	code, stdout, stderr := apart(t, append([]string{"conform", "--json", "--out", t.TempDir()}, args...)...)
	if code != want {
		t.Fatalf("exit code %d, want %d\n%s", code, want, stderr)
	}
	var doc results.Conformance
	unmarshal(t, []byte(stdout), &doc)
	return doc
}

// What a node does wrong decides between differs and failed: other frames of a
// node that could be a correct one, or what none does.
func TestConformTellsDamagedNodes(t *testing.T) {
	t.Parallel()
	for _, d := range []struct {
		name, of, role, frame string
		change                func(frame []byte) [][]byte
		want                  results.CaseVerdict
		reason                string
	}{
		{name: "none", of: "transfers", want: results.CaseOK},
		{"no info update", "transfers", "responder", "info update", drop, results.CaseFailed, "info update"},
		{"no report of the state", "07", "initiator", "update", drop, results.CaseFailed, "timeout by chanbot"},
		{"another conflict code", "can-not-abort-while-open", "initiator", "conflict 42", replaced(`"error_code":42`, `"error_code":41`), results.CaseFailed, "violation"},
		{"a conflict of another round", "can-not-abort-while-open", "initiator", "conflict 42", replaced(`"round":1`, `"round":7`), results.CaseFailed, "violation"},
		{"a deposit that timed out", "19", "initiator", "conflict 5", replaced(`"error_code":5,"error_msg":"rejected on-chain"`, `"error_code":3,"error_msg":"timeout"`), results.CaseDiffers, "expected conflict 5 by node, got timeout 3"},
		{"the block of the opening twice", "01_open", "responder", "on_chain_tx channel_changed", twice, results.CaseDiffers, "got on_chain_tx channel_changed"},
		{"info open twice", "01", "initiator", "info open", twice, results.CaseFailed, "violation"},
		{"no answer to a ping", "ping", "responder", "system.pong", drop, results.CaseFailed, ""},
		{"aborted_update twice", "abort-with-id", "initiator", "info aborted_update", twice, results.CaseFailed, "violation"},
		{"another error", "abort-nothing", "responder", "error 1018", replaced(`"code":1018`, `"code":1017`), results.CaseFailed, "violation"},
	} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			node, err := startNode("--derive", "2", "--block-time", "50ms")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { node.stop() })
			r := damaged(t, node.url, d.role, d.frame, d.change)
			code := exitPassed
			if d.want != results.CaseOK {
				code = exitFailed
			}
			doc := conformed(t, code, d.of, "--node", r, "--timeout", "10s") // what is missing is waited for
			if len(doc.Cases) != 1 {
				t.Fatalf("cases %+v", doc.Cases)
			}
			one := doc.Cases[0]
			if one.Verdict != d.want || !strings.Contains(one.Reason, d.reason) {
				t.Errorf("got %s: %s\nwant %s: …%s…", one.Verdict, one.Reason, d.want, d.reason)
			}
		})
	}
}

func drop([]byte) [][]byte    { return nil }
func twice(f []byte) [][]byte { return [][]byte{f, f} }

func replaced(old, text string) func([]byte) [][]byte {
	return func(f []byte) [][]byte { return [][]byte{bytes.Replace(f, []byte(old), []byte(text), 1)} }
}

// damaged serves the node at url with its frames of one name to one role
// changed, and returns the URL.
func damaged(t *testing.T, url, role, frame string, change func([]byte) [][]byte) string {
	var wg sync.WaitGroup
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		node, _, err := websocket.DefaultDialer.Dial(url+req.URL.RequestURI(), nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		client, err := (&websocket.Upgrader{}).Upgrade(w, req, nil)
		if err != nil {
			node.Close()
			return
		}
		hit := req.URL.Query().Get("role") == role
		wg.Go(func() { carry(client, node, nil) })
		wg.Go(func() {
			carry(node, client, func(b []byte) [][]byte {
				if f := wire.DecodeFrame(b); hit && f.Name() == frame {
					return change(b)
				}
				return [][]byte{b}
			})
		})
	}))
	t.Cleanup(func() { srv.Close(); wg.Wait() })
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// carry takes messages from one connection to the other until the first ends.
func carry(from, to *websocket.Conn, change func([]byte) [][]byte) {
	defer to.Close()
	for {
		kind, b, err := from.ReadMessage()
		if err != nil {
			if c, ok := errors.AsType[*websocket.CloseError](err); ok && c.Code != websocket.CloseAbnormalClosure {
				_ = to.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(c.Code, ""), time.Now().Add(time.Second)) // it may be gone too
			}
			return
		}
		frames := [][]byte{b}
		if change != nil {
			frames = change(b)
		}
		for _, f := range frames {
			if to.WriteMessage(kind, f) != nil {
				return
			}
		}
	}
}

// Every case passes on the embedded node or says why it cannot, whatever the
// era.
func TestConformPassesOnTheEmbeddedNode(t *testing.T) {
	t.Parallel()
	for era, inapplicable := range map[string]string{
		"current": "open-old-format conflict-stragglers force-progress contract",
		"2020":    "conflict-both-sign conflict-crossing withdraw snapshot-and-update force-progress contract leave-responder-stays",
	} {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			doc := conformed(t, exitPassed, "--era", era)
			var not []string
			for _, c := range doc.Cases {
				switch {
				case c.Verdict == results.CaseNotApplicable && c.Reason != "":
					not = append(not, c.Name)
				case c.Verdict != results.CaseOK:
					t.Errorf("%s: %s, %s", c.Name, c.Verdict, c.Reason)
				}
			}
			if got := strings.Join(not, " "); got != inapplicable {
				t.Errorf("not applicable are %s\nwant %s", got, inapplicable)
			}
		})
	}
}

// A run that is interrupted lists every case, and says which did not run.
func TestConformInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := call{signals: make(chan os.Signal, 1)}
	c.signals <- os.Interrupt
	if code := c.main("conform", "--json", "--quiet", "--out", dir); code != exitInterrupt {
		t.Fatalf("exit code %d\n%s", code, c.stderr.String())
	}
	var doc results.Conformance
	unmarshal(t, c.stdout.Bytes(), &doc)
	if doc.Verdict != results.Interrupted || doc.Counts[results.CaseNotRun] == 0 || doc.Counts[results.CaseFailed] > 0 {
		t.Errorf("verdict %s, counts %v", doc.Verdict, doc.Counts)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*-conform", results.JUnitFile))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Tests int `xml:"tests,attr"`
	}
	if err := xml.Unmarshal(b, &suites); err != nil || suites.Tests != len(doc.Cases) {
		t.Errorf("%d tests in %s, %v", suites.Tests, b, err)
	}
}
