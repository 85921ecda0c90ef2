package simnode_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"chanbot/results"
	"chanbot/session"
	"chanbot/tx"
	"chanbot/wire"
)

// split gives every socket of a recording a side of its own where several that
// were open at the same time share a name: the second of "initiator" becomes
// "initiator.2". It goes by accounts, channel ids and fsm ids; frames that say
// nothing of that kind are the same on every socket and are dealt out in order.
func split(entries []session.Entry) []session.Entry {
	s := splitter{channels: make(map[string]string), parties: make(map[string][2]string)}
	for _, e := range entries {
		s.look(e)
	}
	out := slices.Clone(entries)
	for i, e := range out {
		if socket := s.socket(e); socket != nil {
			out[i].Side = socket.name
		}
	}
	return out
}

type splitter struct {
	channels map[string]string    // channel by fsm id
	parties  map[string][2]string // accounts by channel
	sockets  []*splitSocket
}

// splitSocket is one socket of a side.
type splitSocket struct {
	side, name string
	parties    [2]string
	channel    string
	opened     bool
	seen       map[string]bool // events, and "stop"
	ids        map[string]bool // of its requests
	closed     bool
}

// look learns which fsm id and which accounts a channel has.
func (s *splitter) look(e session.Entry) {
	if e.Dir != results.DirIn {
		return
	}
	f := wire.DecodeFrame(slices.Clone(e.Frame))
	if f.Info != nil && f.ChannelID != "" && f.Info.FSMID != "" {
		s.channels[f.Info.FSMID] = f.ChannelID
	}
	if f.Sign != nil {
		s.create(f.Sign.SignedTx)
	}
}

// create returns the channel that a create transaction makes, or "".
func (s *splitter) create(text string) string {
	signed, err := tx.ParseSigned(text)
	if err != nil {
		return ""
	}
	body, err := signed.Decode()
	if err != nil {
		return ""
	}
	id, _ := tx.ChannelOf(body)
	if c, ok := body.(*tx.Create); ok {
		s.parties[id.String()] = [2]string{c.InitiatorID.String(), c.ResponderID.String()}
	}
	return id.String()
}

// socket returns the socket that an entry belongs to.
func (s *splitter) socket(e session.Entry) *splitSocket {
	switch e.Dir {
	case results.DirConnect:
		return s.connect(e)
	case results.DirOpened:
		k := s.first(e.Side, func(k *splitSocket) bool { return !k.opened })
		if k != nil {
			k.opened = true
		}
		return k
	case results.DirIn:
		return s.in(e)
	case results.DirOut:
		return s.out(e)
	case results.DirClose:
		k := s.first(e.Side, func(k *splitSocket) bool { return !k.closed && k.seen["died"] })
		if k == nil {
			k = s.first(e.Side, func(k *splitSocket) bool { return !k.closed })
		}
		if k != nil {
			k.closed = true
		}
		return k
	}
	return nil
}

func (s *splitter) connect(e session.Entry) *splitSocket {
	k := &splitSocket{side: e.Side, name: e.Side, seen: make(map[string]bool), ids: make(map[string]bool)}
	if u, err := url.Parse(string(e.Text())); err == nil {
		q := u.Query()
		k.parties = [2]string{q.Get("initiator_id"), q.Get("responder_id")}
		k.channel = q.Get("existing_channel_id")
	}
	n := 1
	for _, other := range s.sockets {
		if other.side == e.Side {
			n++
		}
	}
	if n > 1 {
		k.name = fmt.Sprintf("%s.%d", e.Side, n)
	}
	s.sockets = append(s.sockets, k)
	return k
}

func (s *splitter) in(e session.Entry) *splitSocket {
	f := wire.DecodeFrame(slices.Clone(e.Frame))
	event, channel := "", f.ChannelID
	if f.Info != nil {
		event = f.Info.Event
		if channel == "" {
			channel = s.channels[f.Info.FSMID]
		}
	}
	if f.Sign != nil {
		channel = s.create(f.Sign.SignedTx)
	}
	k := s.of(e.Side, channel, func(k *splitSocket) bool { return event == "" || !k.seen[event] })
	if k == nil && f.ID != nil {
		k = s.first(e.Side, func(k *splitSocket) bool { return k.ids[string(f.ID)] })
	}
	if k == nil {
		k = s.first(e.Side, func(k *splitSocket) bool { return k.opened && !k.closed && k.channel == "" && !k.seen[event] })
	}
	if k == nil {
		return nil
	}
	k.seen[event] = true
	if f.ChannelID != "" || f.Sign != nil {
		k.channel = channel
	}
	return k
}

func (s *splitter) out(e session.Entry) *splitSocket {
	var f struct {
		ID     json.RawMessage
		Method string
		Params struct {
			SignedTx string `json:"signed_tx"`
			Action   string
			From     string
		}
	}
	if json.Unmarshal(e.Frame, &f) != nil {
		return nil
	}
	k := s.of(e.Side, s.create(f.Params.SignedTx), func(*splitSocket) bool { return true })
	if k == nil && f.Params.From != "" {
		k = s.last(e.Side, func(k *splitSocket) bool { return slices.Contains(k.parties[:], f.Params.From) })
	}
	if k == nil {
		k = s.first(e.Side, func(k *splitSocket) bool { return !k.closed && !k.seen[f.Params.Action] })
	}
	if k != nil {
		k.seen[f.Params.Action] = true
		if f.ID != nil {
			k.ids[string(f.ID)] = true
		}
	}
	return k
}

// of returns the open socket of a channel, or else the newest one of its
// accounts that has none yet.
func (s *splitter) of(side, channel string, fits func(*splitSocket) bool) *splitSocket {
	if channel == "" {
		return nil
	}
	if k := s.last(side, func(k *splitSocket) bool { return !k.closed && k.channel == channel }); k != nil {
		return k
	}
	parties := s.parties[channel]
	return s.last(side, func(k *splitSocket) bool {
		return !k.closed && k.channel == "" && k.parties == parties && fits(k)
	})
}

func (s *splitter) first(side string, fits func(*splitSocket) bool) *splitSocket {
	for _, k := range s.sockets {
		if k.side == side && fits(k) {
			return k
		}
	}
	return nil
}

func (s *splitter) last(side string, fits func(*splitSocket) bool) *splitSocket {
	for _, k := range slices.Backward(s.sockets) {
		if k.side == side && fits(k) {
			return k
		}
	}
	return nil
}
