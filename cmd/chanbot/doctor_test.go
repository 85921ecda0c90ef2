package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/spf13/pflag"

	"chanbot/accounts"
)

// examined runs doctor and returns its findings by check.
func examined(t *testing.T, code int, args ...string) map[string]finding {
	t.Helper()
	var c call
	if got := c.main(append([]string{"doctor", "--json", "--watch", "30s"}, args...)...); got != code {
		t.Errorf("exit code %d, want %d\n%s%s", got, code, c.stdout.String(), c.stderr.String())
	}
	var e examination
	unmarshal(t, c.stdout.Bytes(), &e)
	all := make(map[string]finding)
	for _, f := range e.Checks {
		all[f.Check] = f
	}
	return all
}

func (f finding) want(t *testing.T, m mark, words string) {
	t.Helper()
	if f.Result != m || !strings.Contains(f.Observed+" "+f.Advice, words) {
		t.Errorf("%+v, want %s and %q", f, m, words)
	}
}

// waiting opens a responder's socket and keeps it. The machine of a socket that
// was closed a moment ago may still have its place, so it tries more than once.
func waiting(t *testing.T, node string, pair int) {
	t.Helper()
	q := refusedQuery()
	keys := accounts.Derive(1, 2*pair+2)
	q.Set("role", "responder")
	q.Set("initiator_id", keys[2*pair].ID().String())
	q.Set("responder_id", keys[2*pair+1].ID().String())
	q.Set("channel_reserve", "0")
	q.Set("port", strconv.Itoa(13200+pair))
	var last string
	for range 200 {
		conn, resp, err := websocket.DefaultDialer.Dial(node+"/channel?"+q.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		_, b, err := conn.ReadMessage()
		if err == nil && strings.Contains(string(b), "fsm_up") {
			t.Cleanup(func() { conn.Close() })
			return
		}
		conn.Close()
		last = fmt.Sprintf("%s, %v", b, err)
	}
	t.Fatal(last)
}

func TestDoctorFindsAFullNode(t *testing.T) {
	t.Parallel()
	node, err := startNode("--block-time", "20ms", "--max-channels", "2")
	if err != nil {
		t.Fatal(err)
	}
	defer node.stop()
	examined(t, exitPassed, "--node", node.url)["responder"].want(t, fine, "a machine waits")
	waiting(t, node.url, 1)
	examined(t, exitPassed, "--node", node.url)["responder"].want(t, fine, "a machine waits") // the first was ended
	waiting(t, node.url, 2)
	all := examined(t, exitFailed, "--node", node.url)
	all["channel API"].want(t, fine, "refuses")
	all["responder"].want(t, failed, "channels.max_count")
	all["machines"].want(t, failed, "takes no more")
}

func TestDoctorFindsANodeWithoutFreeSockets(t *testing.T) {
	t.Parallel()
	node, err := startNode("--block-time", "20ms", "--max-sockets", "1")
	if err != nil {
		t.Fatal(err)
	}
	defer node.stop()
	waiting(t, node.url, 1)
	all := examined(t, exitFailed, "--node", node.url, "--timeout", "200ms")
	all["channel API"].want(t, failed, "no answer to the handshake within 200ms")
	if _, went := all["set-ups"]; went {
		t.Error("more sockets were opened after the first one failed")
	}
}

func TestDoctorKnowsWhoIsInFront(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t)
	s, _ := serveTLS(t, ours.server(t, "127.0.0.1"))
	wss := "wss" + strings.TrimPrefix(s.URL, "https")
	examined(t, exitFailed, "--node", wss, "--ca", ours.file, "--api", s.URL)["channel API"].want(t, failed, "--header 'Authorization: …'")
	examined(t, exitFailed, "--node", wss, "--api", s.URL, "--header", "Authorization: Bearer wonderland")["channel API"].want(t, failed, "--ca names the certificate")
	all := examined(t, exitPassed, "--node", wss, "--ca", ours.file, "--header", "Authorization: Bearer wonderland")
	all["channel API"].want(t, fine, "refuses")
	all["network"].want(t, fine, "ae_dev")
}

func TestDoctorComparesClocks(t *testing.T) {
	t.Parallel()
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))
	}))
	defer late.Close()
	d := &dates{next: http.DefaultTransport}
	resp, err := (&http.Client{Transport: d}).Get(late.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if off := (d.skew + time.Minute).Abs(); off > 30*time.Second { // a busy machine takes its time
		t.Errorf("skew %v, want a minute", d.skew)
	}
	examiner := doctor{o: new(doctorOptions), s: &settings{runOptions: new(runOptions)}, dates: d}
	if examiner.api, _, err = examiner.clientOf(late.URL); err != nil {
		t.Fatal(err)
	}
	examiner.checkClock()
	examiner.report.Checks[0].want(t, warning, d.skew.Round(time.Second).String()+" off")
}

func TestWhatAChainMustDoForAChannelToOpen(t *testing.T) {
	for _, c := range []struct {
		params []string
		depth  float64
	}{
		{nil, 3},
		{[]string{"minimum_depth=1"}, 17_500},
		{[]string{"minimum_depth=0"}, 1},
		{[]string{"minimum_depth=20"}, 2},
		{[]string{"minimum_depth=4", "minimum_depth_strategy=plain"}, 4},
		{[]string{"minimum_depth_strategy=plain"}, 3},
	} {
		o := new(doctorOptions)
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		o.register(flags)
		o.run.given, o.run.params = flags, c.params
		s, err := o.settings()
		if err != nil {
			t.Fatal(err)
		}
		if got := (&doctor{s: s}).depth(); got != c.depth {
			t.Errorf("%v: %v key blocks, want %v", c.params, got, c.depth)
		}
	}
	now := time.Now()
	for _, c := range []struct {
		p    pulse
		want bool
	}{
		{pulse{moved: true}, true},
		{pulse{every: 3 * time.Minute, now: now}, false}, // a block of long ago
		{pulse{every: 0, now: now}, false},
	} {
		if got := c.p.alive(); got != c.want {
			t.Errorf("%+v: alive %v", c.p, got)
		}
	}
	p := pulse{every: 3 * time.Minute, now: now}
	p.top.Time = now.Add(-20 * time.Minute)
	if !p.alive() {
		t.Error("a block that is seven times late is no proof that the chain stands still")
	}
}
