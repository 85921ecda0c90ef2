package model

import (
	"encoding/json"
	"slices"
	"testing"

	"chanbot/wire"
)

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
	sample    int
	sockets   map[string][]*socket
	last      map[string]*Client // the last client of a side that is closed
	found     []Violation
	refusals  []error
	t         int // of the last frame
}

func play(tb testing.TB, events []event, networkID string) *player {
	return playSampled(tb, events, networkID, 1)
}

// playSampled verifies the signatures of every nth off-chain transaction.
func playSampled(tb testing.TB, events []event, networkID string, n int) *player {
	p := &player{tb: tb, networkID: networkID, sample: n, sockets: make(map[string][]*socket), last: make(map[string]*Client)}
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
		if e.T > p.t+50 {
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
	cfg.SampleChecks = p.sample
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
