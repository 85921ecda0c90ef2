package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"chanbot/accounts"
)

// get asks the node's HTTP API.
func get(t *testing.T, s *started, path string) (status int, body map[string]any) {
	t.Helper()
	resp, err := http.Get("http" + strings.TrimPrefix(s.url, "ws") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &body); err != nil {
			t.Fatalf("%s: %v in %s", path, err, b)
		}
	}
	return resp.StatusCode, body
}

func TestNodeServesTheHTTPAPIAtTheSameAddress(t *testing.T) {
	t.Parallel()
	s, err := startNode("--block-time", "on-demand", "--derive", "1", "--seed", "7")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if code := s.stop(); code != exitPassed {
			t.Errorf("exit code %d: %s", code, s.stderr)
		}
	}()
	if !strings.Contains(s.line, "key blocks on demand, 1 account with coins") {
		t.Errorf("the first line is %q", s.line)
	}
	keys := accounts.Derive(7, 2)
	if status, body := get(t, s, "/v3/accounts/"+keys[0].String()); status != http.StatusOK || body["balance"] == nil {
		t.Errorf("the derived account: %d %v", status, body)
	}
	if status, _ := get(t, s, "/v3/accounts/"+keys[1].String()); status != http.StatusNotFound {
		t.Errorf("an account without coins: %d", status)
	}
	_, before := get(t, s, "/v3/key-blocks/current/height")
	get(t, s, "/emit_kb?n=3")
	_, after := get(t, s, "/v3/key-blocks/current/height")
	if was, is := before["height"].(float64), after["height"].(float64); is != was+3 {
		t.Errorf("height %v, then %v; want three more", was, is)
	}
}
