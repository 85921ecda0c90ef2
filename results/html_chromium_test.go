package results_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chanbot/results"
)

// chromium is a browser without a window, driven over its DevTools protocol by
// a pair of pipes: no port is opened.
type chromium struct {
	t    *testing.T
	in   io.Writer
	out  *bufio.Reader
	next int
	// events are those that came while an answer was waited for.
	events []devtoolsMessage
}

type devtoolsMessage struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// browsing is the browser of all tests, which look at pages one after the
// other; nil as long as there is none.
var browsing *chromium

// startChromium gives a test the browser, and skips it where there is none.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	if browsing == nil {
		browsing = launch(t)
	}
	browsing.t = t
	return browsing
}

func launch(t *testing.T) *chromium {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no chromium or chrome is installed: reports are not looked at in a browser")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Minute)
	toBrowser, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "chanbot-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
		"--user-data-dir="+profile, "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser}
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		t.Skipf("%s does not start: %v", path, err)
	}
	for _, f := range []*os.File{toBrowser, fromBrowser} {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := &chromium{t: t, in: in, out: bufio.NewReaderSize(out, 1<<20)}
	results.AfterTests = append(results.AfterTests, func() {
		_, _ = in.WriteString(`{"id":1000000,"method":"Browser.close"}` + "\x00") // it may be gone already
		done := time.AfterFunc(10*time.Second, cancel)
		_, _ = io.Copy(io.Discard, c.out) // until the last of its processes is gone
		_ = cmd.Wait()                    // how it ends does not matter
		done.Stop()
		cancel()
		_, _ = in.Close(), out.Close()
		_ = os.RemoveAll(profile) // one of its processes may still be writing there
	})
	return c
}

// read returns the next message of the browser.
func (c *chromium) read() devtoolsMessage {
	c.t.Helper()
	b, err := c.out.ReadBytes(0)
	if err != nil {
		browsing = nil // the next test has another one
		c.t.Fatalf("the browser is gone: %v", err)
	}
	var m devtoolsMessage
	if err := json.Unmarshal(b[:len(b)-1], &m); err != nil {
		c.t.Fatal(err)
	}
	return m
}

// call sends a command and decodes its answer into result, if that is not nil.
func (c *chromium) call(session, method string, params, result any) {
	c.t.Helper()
	if err := c.try(session, method, params, result); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

func (c *chromium) try(session, method string, params, result any) error {
	c.t.Helper()
	c.next++
	if params == nil {
		params = struct{}{}
	}
	text, err := json.Marshal(map[string]any{"id": c.next, "sessionId": session, "method": method, "params": params})
	if session == "" {
		text, err = json.Marshal(map[string]any{"id": c.next, "method": method, "params": params})
	}
	if err != nil {
		return err
	}
	if _, err := c.in.Write(append(text, 0)); err != nil {
		return err
	}
	for {
		m := c.read()
		switch {
		case m.ID == 0:
			c.events = append(c.events, m)
		case m.ID != c.next:
		case m.Error != nil:
			return errors.New(m.Error.Message)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		default:
			return nil
		}
	}
}

// await reads until an event of a page has come.
func (c *chromium) await(session, method string) {
	c.t.Helper()
	for _, m := range c.events {
		if m.SessionID == session && m.Method == method {
			return
		}
	}
	for {
		m := c.read()
		c.events = append(c.events, m)
		if m.SessionID == session && m.Method == method {
			return
		}
	}
}

// screen is what a page is shown on.
type screen struct {
	name   string
	width  int
	height int
	mobile bool
	dark   bool
}

// tab is an open page.
type tab struct {
	*chromium
	session string
	target  string
	path    string
}

// open loads a file and waits until it is there.
func (c *chromium) open(path string, s screen) *tab {
	c.t.Helper()
	var created struct{ TargetID string }
	c.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &created)
	var attached struct{ SessionID string }
	c.call("", "Target.attachToTarget", map[string]any{"targetId": created.TargetID, "flatten": true}, &attached)
	p := &tab{chromium: c, session: attached.SessionID, target: created.TargetID, path: path}
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.do(domain+".enable", nil)
	}
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": s.width, "height": s.height, "deviceScaleFactor": 1, "mobile": s.mobile})
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
	// What moves while the page is being made is written down.
	p.do("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": `window.shifts = 0; new PerformanceObserver(l => { for (const e of l.getEntries()) window.shifts += e.value; }).observe({type: "layout-shift", buffered: true});`})
	p.do("Page.navigate", map[string]any{"url": "file://" + path})
	c.await(p.session, "Page.loadEventFired")
	return p
}

func (p *tab) do(method string, params any) {
	p.t.Helper()
	p.call(p.session, method, params, nil)
}

// value evaluates an expression in the page.
func (p *tab) value(expression string) string {
	p.t.Helper()
	var out struct {
		Result struct{ Value any }
		// ExceptionDetails are there when it failed.
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	p.call(p.session, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		p.t.Fatalf("%s: %s", expression, out.ExceptionDetails.Exception.Description)
	}
	if out.Result.Value == nil {
		return ""
	}
	return fmt.Sprint(out.Result.Value)
}

// complaints are what the page wrote on its console, and the requests it made
// besides the one for itself.
func (p *tab) complaints() []string {
	p.t.Helper()
	p.value("new Promise(r => setTimeout(r, 50))") // what is under way arrives
	var out []string
	for _, m := range p.events {
		if m.SessionID != p.session {
			continue
		}
		switch m.Method {
		case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Network.webSocketCreated":
			out = append(out, m.Method+" "+string(m.Params))
		case "Network.requestWillBeSent":
			var r struct{ Request struct{ URL string } }
			if err := json.Unmarshal(m.Params, &r); err != nil {
				p.t.Fatal(err)
			}
			if r.Request.URL != "file://"+p.path && !strings.HasPrefix(r.Request.URL, "data:") {
				out = append(out, "a request for "+r.Request.URL)
			}
		}
	}
	return out
}

// shoot saves a picture of the whole page, when the artifacts of tests are
// kept: drawing it takes longer than everything else.
func (p *tab) shoot(name string) {
	p.t.Helper()
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		return
	}
	var m struct {
		CSSContentSize struct{ Width, Height float64 }
	}
	p.call(p.session, "Page.getLayoutMetrics", nil, &m)
	var shot struct{ Data string }
	p.call(p.session, "Page.captureScreenshot", map[string]any{
		"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": 0, "width": m.CSSContentSize.Width, "height": min(m.CSSContentSize.Height, 16_000), "scale": 1},
	}, &shot)
	p.save(name+".png", shot.Data)
}

// print saves the page as it is on paper.
func (p *tab) print(name string) {
	p.t.Helper()
	var doc struct{ Data string }
	p.call(p.session, "Page.printToPDF", map[string]any{"printBackground": true, "preferCSSPageSize": true, "paperWidth": 8.27, "paperHeight": 11.69}, &doc)
	p.save(name+".pdf", doc.Data)
}

func (p *tab) save(name, data string) {
	p.t.Helper()
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(b) < 1000 {
		p.t.Fatalf("%s: %d bytes, %v", name, len(b), err)
	}
	if err := os.WriteFile(filepath.Join(p.t.ArtifactDir(), name), b, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) close() {
	p.t.Helper()
	p.call("", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
}
