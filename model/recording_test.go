package model

import (
	"bufio"
	"encoding/json"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
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

// socket is one connection of a recording.
type socket struct {
	client *Client
	frames int
}

// player tells the frames of a recording to the clients of its sides. A side
// normally has one socket at a time; where it has several, frames go by their
// channel id, and those without one to the newest.
type player struct {
	tb        testing.TB
	networkID string
	sockets   map[string][]*socket
	last      map[string]*Client // the last client of a side that is closed
	found     []Violation
	refusals  []error
	t         int // of the last frame
}

func play(tb testing.TB, events []event, networkID string) *player {
	p := &player{tb: tb, networkID: networkID, sockets: make(map[string][]*socket), last: make(map[string]*Client)}
	for _, e := range events {
		p.tell(e)
	}
	p.check()
	return p
}

func (p *player) tell(e event) {
	switch e.Dir {
	case "connect":
		p.connect(e)
	case "out":
		all := p.sockets[e.Side]
		if len(all) == 0 {
			return
		}
		text := textOf(e.Frame)
		if reqs, _, _ := wire.ParseRequests(text); len(reqs) == 1 && reqs[0].Method == wire.MethodSystem {
			for _, s := range all {
				s.client.Sent(text, wire.Request{})
			}
		} else {
			all[len(all)-1].client.Sent(text, wire.Request{})
		}
	case "in":
		f := wire.DecodeFrame(textOf(e.Frame))
		s := p.socketFor(e.Side, f.ChannelID)
		if s == nil {
			p.tb.Fatalf("a frame without a socket: %s", e.Frame)
		}
		s.frames++
		p.found = append(p.found, s.client.Received(&f)...)
		if f.Sign != nil {
			if _, err := s.client.CheckSign(&f); err != nil {
				p.refusals = append(p.refusals, err)
			}
		}
	case "close":
		var closed struct {
			Code int `json:"code"`
		}
		_ = json.Unmarshal(e.Frame, &closed)
		p.close(e.Side, closed.Code)
		return
	case "note", "timeout":
		if e.T > p.t+300 {
			p.check()
		}
		return
	}
	p.t = e.T
}

func (p *player) connect(e event) {
	var address string
	if err := json.Unmarshal(e.Frame, &address); err != nil {
		p.tb.Fatal(err)
	}
	cfg, channel := configOf(p.tb, address, p.networkID)
	var c *Client
	if channel != "" {
		if last := p.last[e.Side]; last != nil && last.ChannelID() == channel {
			c = last
		}
		for i, s := range p.sockets[e.Side] {
			if s.client.ChannelID() == channel && len(p.sockets[e.Side]) > 2 {
				c = s.client
				p.sockets[e.Side] = slices.Delete(p.sockets[e.Side], i, i+1)
				break
			}
		}
	}
	if c == nil {
		c = NewClient(cfg)
	}
	c.Connected(channel != "")
	p.sockets[e.Side] = append(p.sockets[e.Side], &socket{client: c})
}

func (p *player) socketFor(side, channel string) *socket {
	all := p.sockets[side]
	if len(all) == 0 {
		return nil
	}
	if channel != "" {
		for _, s := range all {
			if s.client.ChannelID() == channel {
				return s
			}
		}
	}
	return all[len(all)-1]
}

// close ends the dead socket of a side, or the one that is left; which one of
// several living ones it was the recording does not say.
func (p *player) close(side string, code int) {
	all := p.sockets[side]
	i := slices.IndexFunc(all, func(s *socket) bool { return s.client.Phase() == PhaseDead })
	switch {
	case i >= 0:
	case len(all) > 0 && (len(all) == 1 || all[len(all)-1].frames == 0):
		i = len(all) - 1
	default:
		return
	}
	p.found = append(p.found, all[i].client.Closed(code, nil)...)
	if all[i].frames > 0 {
		p.last[side] = all[i].client
	}
	p.sockets[side] = slices.Delete(all, i, i+1)
}

// check compares the sides, where a recording has two.
func (p *player) check() {
	client := func(side string) *Client {
		switch all := p.sockets[side]; len(all) {
		case 0:
			return p.last[side]
		case 1:
			return all[0].client
		}
		return nil
	}
	if i, r := client("initiator"), client("responder"); i != nil && r != nil {
		p.found = append(p.found, NewPair(i, r).Check()...)
	}
}

// textOf returns the text of a frame: recordings hold what is no JSON as a
// JSON string.
func textOf(raw json.RawMessage) []byte {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []byte(s)
	}
	return raw
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
		})
	}
}
