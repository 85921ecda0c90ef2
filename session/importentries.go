package session

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"chanbot/results"
	"chanbot/wire"
)

// closing is how long the end of a socket may take: a session shows the end of
// the closing, and what it leads to may come before.
const closing = 150 * time.Millisecond

// reorder puts the end of a socket that its client closed to where the client
// began to close it: before what other sockets heard meanwhile.
func reorder(entries []Entry, lines []int) ([]Entry, []int) {
	entries, lines = slices.Clone(entries), slices.Clone(lines)
	for len(lines) < len(entries) {
		lines = append(lines, 0)
	}
	for i := range entries {
		e := entries[i]
		if !ownClose(entries, i) {
			continue
		}
		to := i
	back:
		for j := i - 1; j >= 0 && e.T-entries[j].T <= closing; j-- {
			before := entries[j]
			switch {
			case before.Dir == results.DirNote || before.Dir == results.DirTimeout:
				continue
			case before.Side == e.Side && before.Dir == results.DirOut && actionOf(before.Frame) == wire.ActionStop:
				continue // it crossed the closing
			case before.Side != e.Side && effect(entries, j):
				to = j
				continue
			}
			break back
		}
		line := lines[i]
		copy(entries[to+1:i+1], entries[to:i])
		copy(lines[to+1:i+1], lines[to:i])
		entries[to], lines[to] = e, line
		if to < i {
			entries[to].T = entries[to+1].T
		}
	}
	return entries, lines
}

// effect says whether an entry is what a peer hears when a client drops out.
func effect(entries []Entry, i int) bool {
	switch entries[i].Dir {
	case results.DirClose:
		return !ownClose(entries, i)
	case results.DirIn:
		f := wire.DecodeFrame(bytes.Clone(entries[i].Frame))
		return f.Conflict != nil || f.Info != nil && (f.Info.Event == wire.EventDied || f.Info.Event == wire.EventPeerDisconnected)
	}
	return false
}

// ownClose says whether entry i is the end of a socket that its client closed:
// one without a code, or one with the usual code when the node has not said that
// the channel died, has refused nothing and was not left waiting for long.
func ownClose(entries []Entry, i int) bool {
	e := entries[i]
	c, ok := e.Close()
	if e.Dir != results.DirClose || !ok {
		return false
	}
	if c.Code != 1000 {
		return c.Code == 1005
	}
	for j := i - 1; j >= 0; j-- {
		if entries[j].Side != e.Side {
			continue
		}
		if e.T-entries[j].T > silence-silence/20 {
			return false
		}
		switch entries[j].Dir {
		case results.DirConnect:
			return false
		case results.DirOut:
			if actionOf(entries[j].Frame) == wire.ActionStop {
				return e.T == 0 && diedBefore(entries[:j], e.Side)
			}
			if e.T > 0 && e.T-entries[j].T < crossing {
				continue // it may not have arrived
			}
			return true
		case results.DirIn:
			f := wire.DecodeFrame(bytes.Clone(entries[j].Frame))
			if f.Kind == wire.KindError || f.Kind == wire.KindResult && !wasStop(entries[:j], e.Side, f.ID) {
				return wasUp(entries[:j], e.Side)
			}
			return !ended(&f)
		}
	}
	return false
}

// diedBefore says whether the last thing before a side's frame in a transcript was
// that another side heard of the end of its channel: then its client was closing
// when it sent that.
func diedBefore(entries []Entry, side string) bool {
	for i, e := range slices.Backward(entries) {
		if e.Side == side {
			break
		}
		if e.Dir == results.DirIn && effect(entries, i) {
			return true
		}
	}
	return false
}

// wasStop says whether an answer with an id is the one to a stop.
func wasStop(entries []Entry, side string, id wire.ID) bool {
	for _, e := range slices.Backward(entries) {
		if e.Side != side || e.Dir != results.DirOut {
			continue
		}
		if f, ok := envelopeOf(e); ok && bytes.Equal(f.ID, id) {
			return actionOf(e.Frame) == wire.ActionStop
		}
	}
	return false
}

// wasUp says whether the last socket of a side had a machine of the node: then it
// is not closed because of an error.
func wasUp(entries []Entry, side string) bool {
	for _, e := range slices.Backward(entries) {
		if e.Side != side {
			continue
		}
		if e.Dir == results.DirConnect || e.Dir == results.DirIn && bytes.Contains(e.Frame, []byte(`"fsm_up"`)) {
			return e.Dir == results.DirIn
		}
	}
	return false
}

// ended says whether a frame is one of the last that a socket gets.
func ended(f *wire.Frame) bool {
	switch f.Kind {
	case wire.KindError:
		return true
	case wire.KindResult:
		return string(f.Result) == `"ok"`
	}
	return f.Info != nil && (f.Info.Event == wire.EventDied || f.Info.Event == wire.EventTimeout)
}

// silence is after how long a node closes a socket that is silent.
const silence = 60 * time.Second

// isSilent says whether the node closed a socket because its client had been
// silent.
func (im *importer) isSilent() bool {
	last := make(map[*link]time.Duration)
	died := make(map[*link]bool)
	for i, e := range im.entries {
		k := im.links[i]
		if k == nil {
			continue
		}
		switch e.Dir {
		case results.DirClose:
			if gap := e.T - last[k]; !ownClose(im.entries, i) && !died[k] && gap > silence-silence/20 {
				return true
			}
		case results.DirIn:
			died[k] = died[k] || bytes.Contains(e.Frame, []byte(`"died"`))
			continue
		case results.DirOut, results.DirPing, results.DirConnect:
		default:
			continue
		}
		if e.Dir != results.DirOut || !im.crosses(i, k) {
			last[k] = e.T
		}
	}
	return false
}

// ownPings is the note of a ping that a scenario leaves out.
const ownPings = "a WebSocket ping; chanbot sends its own"

// withoutPings leaves out the WebSocket pings and pongs of a session that is too
// short for its node to miss them, and notes the pings.
func withoutPings(entries []Entry, lines []int) ([]Entry, []int, []Note) {
	if len(entries) > 0 && entries[len(entries)-1].T-entries[0].T > silence-silence/20 {
		return entries, lines, nil
	}
	var notes []Note
	var outE []Entry
	var outL []int
	for i, e := range entries {
		line := 0
		if i < len(lines) {
			line = lines[i]
		}
		switch e.Dir {
		case results.DirPing:
			notes = append(notes, Note{Line: line, Reason: ownPings})
		case results.DirPong:
		default:
			outE, outL = append(outE, e), append(outL, line)
		}
	}
	return outE, outL, notes
}

// crosses says whether a client's frame met the end of its socket by the node:
// the next thing there, a moment later, is the closing, or the word that the
// channel is over when the node would have answered the frame before.
func (im *importer) crosses(at int, k *link) bool {
	t := im.entries[at].T
	for i := at + 1; i < len(im.entries); i++ {
		if im.links[i] != k {
			continue
		}
		e := im.entries[i]
		switch e.Dir {
		case results.DirClose:
			c, _ := e.Close()
			return !ownClose(im.entries, i) && c.Code != 1011 && t > 0 && e.T-t < crossing // one that waits for the machine fails with it
		case results.DirIn:
			over := bytes.Contains(e.Frame, []byte(`"died"`)) || bytes.Contains(e.Frame, []byte(wire.MethodLeave))
			return over && e.T-t < crossing && im.unheard(at)
		case results.DirOut:
			if im.unheard(at) && e.T-t < crossing {
				continue
			}
		}
		return false
	}
	return false
}

// unheard says that the node has not answered a client's frame which it always
// answers.
func (im *importer) unheard(at int) bool {
	q := ask(at, im.entries[at])
	return !im.answered[at] && q != nil && q.effect != ""
}

// crossing is how long a frame may be on its way.
const crossing = 20 * time.Millisecond

// idless says of which roles most signatures are sent without an id.
func (im *importer) idless() (none [2]bool) {
	var with, without [2]int
	for i, e := range im.entries {
		k := im.links[i]
		if k == nil || e.Dir != results.DirOut || signedOf(e.Frame) == "" {
			continue
		}
		if f, ok := envelopeOf(e); ok && f.ID == nil {
			without[k.role.Index()]++
		} else {
			with[k.role.Index()]++
		}
	}
	return [2]bool{without[0] > with[0], without[1] > with[1]}
}

// isOld says whether the node of a session is from before April 2020, when the
// answers to the opening got their ids: by these or, where there are none, by the
// version of the first create transaction.
func isOld(entries []Entry) bool {
	old, found := false, false // by the version of its first transaction
	for _, e := range entries {
		if e.Dir != results.DirIn {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		if f.Info != nil && (f.Info.Event == wire.EventFundingCreated || f.Info.Event == wire.EventFundingSigned) {
			return f.Info.FSMID == ""
		}
		if f.Sign != nil && !found {
			if c := createOf(f.Sign.SignedTx); c != nil {
				old, found = c.Version == 1, true
			}
		}
	}
	return old
}

// envelope is what the importer looks at of a client's frame.
type envelope struct {
	ID     json.RawMessage
	Method string
	Params json.RawMessage
}

// signedOf returns the signed_tx of a client's frame, "" for none.
func signedOf(raw json.RawMessage) string {
	if !bytes.Contains(raw, []byte(`"signed_tx"`)) {
		return ""
	}
	var f struct {
		Params struct {
			SignedTx any `json:"signed_tx"`
		}
	}
	if json.Unmarshal(raw, &f) != nil {
		return ""
	}
	text, _ := f.Params.SignedTx.(string)
	return text
}

// actionOf returns the action of a system request, "" for any other.
func actionOf(raw json.RawMessage) string {
	var f struct {
		Params struct{ Action any }
	}
	if json.Unmarshal(raw, &f) != nil {
		return ""
	}
	text, _ := f.Params.Action.(string)
	return text
}

// fromOf returns who pays in a request, "" when it does not say.
func fromOf(raw json.RawMessage) string {
	var f struct {
		Params struct{ From any }
	}
	if json.Unmarshal(raw, &f) != nil {
		return ""
	}
	text, _ := f.Params.From.(string)
	return text
}
