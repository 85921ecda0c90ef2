package session

import (
	"net/url"
	"slices"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// link is one socket of a session, from its connection to its end.
type link struct {
	side    string // as the session calls it
	role    outcome.Role
	label   string // as a scenario calls it: initiator, responder.2
	number  int    // in the label
	query   url.Values
	path    string
	parties [2]string // accounts
	channel string
	fsm     string // the id of its machine
	joins   bool   // it comes back to a channel that exists
	opened  bool
	closed  bool
	seen    map[string]bool // events, and actions of its client
	ids     map[string]bool // of its requests

	// What the importer knows about it.
	tail bool // the other side was the first to stop, or at the same time
	// stopping says that its client has asked to stop by now, dead that it has
	// heard of the end.
	stopping, dead bool
	dropped        bool // its client has closed it by now
	// begin and end are the entries of its connection and of its end; -1 for
	// none. stops says that its client asks to stop.
	begin, end int
	stops      bool
}

// links deals the entries of a session out to its sockets. Where several that
// are open at the same time share a name it goes by accounts, channels, fsm ids
// and ids of requests; what says nothing of that kind is dealt out in order.
type links struct {
	all      []*link
	channels map[string]string    // channel by fsm id
	parties  map[string][2]string // accounts by channel
}

// linksOf returns the sockets, and which one each entry belongs to; nil for an
// entry that belongs to none.
func linksOf(entries []Entry) (*links, []*link) {
	l := &links{channels: make(map[string]string), parties: make(map[string][2]string)}
	for _, e := range entries {
		if e.Dir == results.DirIn {
			l.look(e)
		}
	}
	of := make([]*link, len(entries))
	for i, e := range entries {
		k := l.link(e)
		if of[i] = k; k == nil {
			continue
		}
		switch e.Dir {
		case results.DirConnect:
			k.begin, k.end = i, -1
		case results.DirClose:
			k.end = i
		case results.DirOut:
			k.stops = k.stops || actionOf(e.Frame) == wire.ActionStop
		}
	}
	return l, of
}

// look learns which fsm id and which accounts a channel has.
func (l *links) look(e Entry) {
	f := wire.DecodeFrame(slices.Clone(e.Frame))
	if f.Info != nil && f.ChannelID != "" && f.Info.FSMID != "" {
		l.channels[f.Info.FSMID] = f.ChannelID
	}
	if f.Sign != nil {
		l.created(f.Sign.SignedTx)
	}
}

// created returns the channel that a transaction is about, "" for none, and
// notes the accounts of one that creates it.
func (l *links) created(text string) string {
	signed, err := tx.ParseSigned(text)
	if err != nil {
		return ""
	}
	body, err := signed.Decode()
	if err != nil {
		return ""
	}
	id, ok := tx.ChannelOf(body)
	if !ok {
		return ""
	}
	if c, ok := body.(*tx.Create); ok {
		l.parties[id.String()] = [2]string{c.InitiatorID.String(), c.ResponderID.String()}
	}
	return id.String()
}

// link returns the socket of the next entry.
func (l *links) link(e Entry) *link {
	switch e.Dir {
	case results.DirConnect:
		return l.connect(e)
	case results.DirOpened:
		k := l.first(e.Side, func(k *link) bool { return !k.opened })
		if k != nil {
			k.opened = true
		}
		return k
	case results.DirHTTP: // instead of a socket
		k := l.latest(e.Side, func(*link) bool { return true })
		if k != nil && !k.opened && len(k.seen) == 0 {
			k.closed = true
		}
		return nil
	case results.DirIn, results.DirOut, results.DirClose, results.DirPing, results.DirPong:
	default:
		return nil
	}
	var open []*link
	for _, k := range l.all {
		if k.side == e.Side && !k.closed {
			open = append(open, k)
		}
	}
	var k *link
	switch {
	case len(open) == 1:
		k = open[0]
		l.note(k, e)
	case len(open) == 0:
		k = l.latest(e.Side, func(*link) bool { return true })
	case e.Dir == results.DirIn:
		k = l.in(e)
	case e.Dir == results.DirOut:
		k = l.out(e)
	case e.Dir == results.DirClose:
		if c, _ := e.Close(); c.Code == 1000 && !open[len(open)-1].seen[wire.EventFSMUp] {
			k = open[len(open)-1] // refused
		}
		if k == nil {
			k = l.first(e.Side, func(k *link) bool { return !k.closed && k.seen["died"] })
		}
		if k == nil {
			k = l.first(e.Side, func(k *link) bool { return !k.closed })
		}
	}
	if k != nil && e.Dir == results.DirClose {
		k.closed = true
	}
	return k
}

// note keeps what the only open socket of a side has seen.
func (l *links) note(k *link, e Entry) {
	switch e.Dir {
	case results.DirIn:
		f := wire.DecodeFrame(slices.Clone(e.Frame))
		if f.Info != nil {
			k.seen[f.Info.Event] = true
			if f.Info.Event == wire.EventFSMUp {
				k.fsm = f.Info.FSMID
			}
		}
		if f.Sign != nil {
			k.channel = l.created(f.Sign.SignedTx)
		} else if f.ChannelID != "" {
			k.channel = f.ChannelID
		}
	case results.DirOut:
		if reqs, _, ok := wire.ParseRequests(e.Frame); ok && len(reqs) == 1 && reqs[0].ID != nil {
			k.ids[string(reqs[0].ID)] = true
		}
	}
}

// connect makes a socket and gives it a label: that of its role, with a number
// when others are open.
func (l *links) connect(e Entry) *link {
	k := &link{side: e.Side, seen: make(map[string]bool), ids: make(map[string]bool)}
	if u, err := url.Parse(string(e.Text())); err == nil {
		k.query, k.path = u.Query(), u.Path
		k.parties = [2]string{k.query.Get("initiator_id"), k.query.Get("responder_id")}
		k.channel = k.query.Get("existing_channel_id")
		k.joins = k.query.Has("existing_channel_id") || k.query.Has("existing_fsm_id")
	}
	k.role = l.roleOf(k)
	used := make(map[int]bool)
	for _, other := range l.all {
		if other.role == k.role && !other.closed {
			used[other.number] = true
		}
	}
	for k.number = 1; used[k.number]; {
		k.number++
	}
	k.label = labelOf(k.role, k.number)
	l.all = append(l.all, k)
	return k
}

// roleOf reads the role of a socket from its parameters, from the sockets that
// had its name before, or from its name.
func (l *links) roleOf(k *link) outcome.Role {
	if r, err := outcome.ParseRole(k.query.Get("role")); err == nil {
		return r
	}
	if before := l.latest(k.side, func(*link) bool { return true }); before != nil {
		return before.role
	}
	if len(k.side) > 0 && (k.side[0] == 'r' || k.side[0] == 'R') {
		return outcome.Responder
	}
	return outcome.Initiator
}

func (l *links) in(e Entry) *link {
	f := wire.DecodeFrame(slices.Clone(e.Frame))
	event, channel := "", f.ChannelID
	if f.Info != nil {
		event = f.Info.Event
		if channel == "" {
			channel = l.channels[f.Info.FSMID]
		}
	}
	if f.Sign != nil {
		channel = l.created(f.Sign.SignedTx)
	}
	up := event == wire.EventFSMUp
	var k *link
	if f.Info != nil && f.Info.FSMID != "" && !up {
		k = l.latest(e.Side, func(k *link) bool { return !k.closed && k.fsm == f.Info.FSMID })
	}
	if k == nil && channel != "" {
		k = l.latest(e.Side, func(k *link) bool { return !k.closed && k.fsm != "" && l.channels[k.fsm] == channel })
	}
	if k == nil {
		k = l.of(e.Side, channel, func(k *link) bool { return up && !k.seen[event] || !k.joins && (event == "" || !k.seen[event]) })
	}
	if k == nil && f.ID != nil {
		k = l.first(e.Side, func(k *link) bool { return k.ids[string(f.ID)] })
	}
	if k == nil {
		k = l.first(e.Side, func(k *link) bool { return !k.closed && k.channel == "" && !k.seen[event] })
	}
	if k == nil {
		k = l.latest(e.Side, func(k *link) bool { return !k.closed })
	}
	if k == nil {
		return nil
	}
	k.seen[event] = true
	if up {
		k.fsm = f.Info.FSMID
	}
	if f.ChannelID != "" || f.Sign != nil {
		k.channel = channel
	}
	return k
}

func (l *links) out(e Entry) *link {
	reqs, batch, ok := wire.ParseRequests(e.Frame)
	var req wire.Request
	if ok && !batch && len(reqs) == 1 {
		req = reqs[0]
	}
	k := l.of(e.Side, l.created(req.SignedTx), func(k *link) bool { return !k.joins })
	if from := fromOf(e.Frame); k == nil && from != "" {
		k = l.latest(e.Side, func(k *link) bool { return !k.closed && slices.Contains(k.parties[:], from) })
	}
	action := actionOf(e.Frame)
	if k == nil {
		k = l.first(e.Side, func(k *link) bool { return !k.closed && !k.seen[action] && !l.replaced(k) })
	}
	if k == nil {
		k = l.latest(e.Side, func(k *link) bool { return !k.closed })
	}
	if k != nil {
		k.seen[action] = true
		if req.ID != nil {
			k.ids[string(req.ID)] = true
		}
	}
	return k
}

// of returns the open socket of a channel, or else the newest one of its
// accounts that has none yet.
func (l *links) of(side, channel string, fits func(*link) bool) *link {
	if channel == "" {
		return nil
	}
	if k := l.latest(side, func(k *link) bool {
		return !k.closed && k.channel == channel && (k.seen[wire.EventFSMUp] || !k.joins || fits(k))
	}); k != nil {
		return k
	}
	parties := l.parties[channel]
	return l.latest(side, func(k *link) bool {
		return !k.closed && k.channel == "" && k.parties == parties && fits(k)
	})
}

// replaced says that a newer socket of the same channel has taken over.
func (l *links) replaced(k *link) bool {
	return k.channel != "" && slices.ContainsFunc(l.all, func(o *link) bool {
		return o != k && o.side == k.side && o.joins && o.channel == k.channel && o.seen[wire.EventFSMUp] && slices.Index(l.all, o) > slices.Index(l.all, k)
	})
}

func (l *links) first(side string, fits func(*link) bool) *link {
	for _, k := range l.all {
		if k.side == side && fits(k) {
			return k
		}
	}
	return nil
}

func (l *links) latest(side string, fits func(*link) bool) *link {
	for _, k := range slices.Backward(l.all) {
		if k.side == side && fits(k) {
			return k
		}
	}
	return nil
}
