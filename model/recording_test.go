package model

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"chanbot/outcome"
	"chanbot/tx"
)

const recordings = "../session/testdata/recordings"

// event is one line of a recording.
type event struct {
	T     int             `json:"t"`
	Side  string          `json:"side"`
	Dir   string          `json:"dir"`
	Frame json.RawMessage `json:"frame"`
}

func readRecording(tb testing.TB, path string) (events []event) {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return events
}

// configOf reads the connection parameters of a URL.
func configOf(tb testing.TB, address, networkID string) (cfg Config, existing string) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	q := u.Query()
	cfg.Role, err = outcome.ParseRole(q.Get("role"))
	if err != nil {
		cfg.Role = outcome.Initiator // a connection without a usable role is refused
	}
	cfg.Initiator, _ = tx.ParseID(q.Get("initiator_id"))
	cfg.Responder, _ = tx.ParseID(q.Get("responder_id"))
	amount := func(name string) *big.Int {
		n, ok := new(big.Int).SetString(q.Get(name), 10)
		if !ok {
			return nil
		}
		return n
	}
	cfg.InitiatorAmount, cfg.ResponderAmount = amount("initiator_amount"), amount("responder_amount")
	cfg.PushAmount, cfg.ChannelReserve = amount("push_amount"), amount("channel_reserve")
	if n, err := strconv.ParseUint(q.Get("lock_period"), 10, 64); err == nil {
		cfg.LockPeriod = &n
	}
	cfg.MsgForwarding = q.Get("msg_forwarding") == "true"
	cfg.NetworkID = networkID
	return cfg, q.Get("existing_channel_id")
}

// lossy names the recordings that do not say which of several sockets of one
// side a frame belongs to.
var lossy = map[string]string{
	"13b_same_accounts_5_channels": "five sockets a side open at once under one name",
	"13c_one_port_5_channels":      "five sockets a side open at once under one name",
	"71_max_count":                 "a stop of i0 is answered that was not recorded",
}

func recordingNames(tb testing.TB) []string {
	paths, err := filepath.Glob(filepath.Join(recordings, "*.jsonl"))
	if err != nil || len(paths) < 100 {
		tb.Fatalf("%d recordings: %v", len(paths), err)
	}
	return paths
}

func TestRecordingsOfARealNodeHaveNoViolation(t *testing.T) {
	for _, path := range recordingNames(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(name, func(t *testing.T) {
			if why := lossy[name]; why != "" {
				t.Skip(why)
			}
			p := play(t, readRecording(t, path), "ae_dev")
			for _, v := range p.found {
				t.Errorf("%s\n%s", v, excerpt(v.Frame))
			}
			if why := refused[name]; why == "" {
				for _, err := range p.refusals {
					t.Error(err)
				}
			} else if len(p.refusals) == 0 {
				t.Errorf("nothing was refused: %s", why)
			}
		})
	}
}

// refused names the recordings in which CheckSign refuses what a correct node
// offers.
var refused = map[string]string{
	"06_wrong_params":             "the sides have different lock periods",
	"67_mismatch_channel_reserve": "the sides have different reserves",
	"67_mismatch_lock_period":     "the sides have different lock periods",
	"90_create_amount_changed":    "the initiator signs another amount than it connected with",
	"90_bad_deposit_tx":           "the initiator signs another amount than it asked for",
	"90_bad_withdraw_tx":          "the initiator signs another amount than it asked for",
}

// seedEvents reads the transcript of the session that the project started from.
func seedEvents(tb testing.TB) (events []event) {
	tb.Helper()
	b, err := os.ReadFile("../session/testdata/seed-transcript.md")
	if err != nil {
		tb.Fatal(err)
	}
	for _, part := range strings.Split(string(b), "#### ")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		side, what, _ := strings.Cut(strings.TrimSpace(title), " ")
		_, body, _ = strings.Cut(body, "```")
		_, body, _ = strings.Cut(body, "\n")
		body, _, _ = strings.Cut(body, "\n```")
		e := event{Side: side, T: len(events)}
		switch what {
		case "opens a WebSocket connection":
			e.Dir = "connect"
			e.Frame, _ = json.Marshal(strings.TrimSpace(body))
		case "<--- node", "---> node":
			e.Dir = map[string]string{"<--- node": "in", "---> node": "out"}[what]
			var text bytes.Buffer
			if err := json.Compact(&text, []byte(body)); err != nil {
				tb.Fatal(err)
			}
			e.Frame = text.Bytes()
		case "closes WebSocket connection":
			e.Dir, e.Frame = "close", json.RawMessage(`{"code":1000}`)
		default:
			continue
		}
		events = append(events, e)
	}
	return events
}

func TestSeedSessionHasNoViolation(t *testing.T) {
	p := play(t, seedEvents(t), "local_iris_testnet")
	for _, v := range p.found {
		t.Errorf("%s\n%s", v, excerpt(v.Frame))
	}
	for _, err := range p.refusals {
		t.Error(err)
	}
	for side, want := range map[string]string{
		"initiator": `initiator offline round 1 pending "" signed false unanswered 0`,
		"responder": `responder offline round 1 pending "" signed false unanswered 0`,
	} {
		if got := p.last[side].String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
