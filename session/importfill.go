package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// filling is an entry that a session does not have, but that what it has tells.
type filling struct {
	at     int // before which entry
	entry  Entry
	reason string // of a note; "" for none
}

// fill adds to a session what must have happened though it was not recorded: a
// stop whose answer is there, and the responder that had opened a port before.
func fill(entries []Entry, lines []int) ([]Entry, []int, []Note) {
	_, of := linksOf(entries)
	all := slices.Concat(openedBefore(entries, of), stopsMissing(entries, of))
	if len(all) == 0 {
		return entries, lines, nil
	}
	slices.SortStableFunc(all, func(a, b filling) int { return a.at - b.at })
	var notes []Note
	outE, outL := make([]Entry, 0, len(entries)+len(all)), make([]int, 0, len(lines)+len(all))
	for i := 0; i <= len(entries); i++ {
		for len(all) > 0 && all[0].at == i {
			line := 0
			if i < len(lines) {
				line = lines[i]
			}
			if all[0].reason != "" {
				notes = append(notes, Note{Line: line, Reason: all[0].reason})
			}
			outE, outL = append(outE, all[0].entry), append(outL, line)
			all = all[1:]
		}
		if i < len(entries) {
			outE, outL = append(outE, entries[i]), append(outL, lines[i])
		}
	}
	return outE, outL, notes
}

// aloneFor is the time after which the node gives up on a port where somebody had
// listened and nobody does (fsm.md 6.8); on a fresh one it keeps trying.
const aloneFor = 1500 * time.Millisecond

// openedBefore finds initiators that the node gave up on at once, on a port that
// no responder of the session had: somebody had opened it before.
func openedBefore(entries []Entry, of []*link) []filling {
	var all []filling
	done := make(map[string]bool)
	for i, e := range entries {
		k := of[i]
		if k == nil || k.role != outcome.Initiator || k.joins || e.Dir != results.DirIn || !bytes.Contains(e.Frame, []byte(`"died"`)) || e.T-entries[k.begin].T > aloneFor {
			continue
		}
		port := k.query.Get("port")
		if done[port] || !alone(entries[:i], of, k) || slices.ContainsFunc(of, func(o *link) bool { return o != nil && o.role == outcome.Responder && o.query.Get("port") == port }) {
			continue
		}
		done[port] = true
		side := "before"
		for slices.ContainsFunc(entries, func(e Entry) bool { return e.Side == side }) {
			side += "_"
		}
		up := fmt.Sprintf(`{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"fsm_up","fsm_id":%q}},"version":1}`,
			tx.Encode(tx.PrefixByteArray, make([]byte, 32)))
		for n, x := range []Entry{
			{Dir: results.DirConnect, Frame: quoted(opens(k))},
			{Dir: results.DirIn, Frame: []byte(up)},
			{Dir: results.DirClose, Frame: []byte(`{"code":1005,"reason":""}`)},
		} {
			x.Side, x.T = side, entries[0].T
			f := filling{entry: x}
			if n == 0 {
				f.reason = fmt.Sprintf("the responder that had opened the port %s before the session; another one does now", port)
			}
			all = append(all, f)
		}
	}
	return all
}

// alone says that a socket heard nothing but that its machine is up.
func alone(entries []Entry, of []*link, k *link) bool {
	for i, e := range entries {
		if of[i] == k && (e.Dir == results.DirOut || e.Dir == results.DirIn && !bytes.Contains(e.Frame, []byte(`"fsm_up"`))) {
			return false
		}
	}
	return true
}

// opens is the connection of a responder to the port of an initiator.
func opens(k *link) string {
	q := url.Values{}
	for name, v := range k.query {
		q[name] = slices.Clone(v)
	}
	q.Set("role", outcome.Responder.String())
	q.Del("host")
	return "ws://node" + k.path + "?" + q.Encode()
}

func quoted(text string) json.RawMessage {
	raw, err := json.Marshal(text)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return raw
}

// stopsMissing finds answers to a stop that is not in the session: an ok that
// nothing asked for, and then the end.
func stopsMissing(entries []Entry, of []*link) []filling {
	var all []filling
	to := answersTo(entries, of)
	for i, e := range entries {
		k := of[i]
		if k == nil || e.Dir != results.DirIn || to[i] >= 0 {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		if f.Name() != "result ok" || f.ID == nil || !diesNext(entries[i+1:], of[i+1:], k) {
			continue
		}
		stop := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"channels.system","params":{"action":"stop"}}`, f.ID)
		all = append(all, filling{
			at: i, entry: Entry{T: e.T, Side: e.Side, Dir: results.DirOut, Frame: []byte(stop)},
			reason: "the stop that this answers, which was not recorded; it is sent now",
		})
	}
	return all
}

// diesNext says whether the next thing on a socket is the end of its channel.
func diesNext(entries []Entry, of []*link, k *link) bool {
	for i, e := range entries {
		if of[i] == k {
			return e.Dir == results.DirIn && bytes.Contains(e.Frame, []byte(`"died"`))
		}
	}
	return false
}

// limits returns the limits of the node that the session ran into: channel
// machines, when it refuses one more with an internal error, and the slots in
// which sockets are set up, when it closes one without a word though its
// parameters are those of others.
func (im *importer) limits() mapping {
	var m mapping
	up := make(map[*link]bool)
	machines := 0
	for i, e := range im.entries {
		k := im.links[i]
		switch {
		case k == nil:
		case e.Dir == results.DirIn && bytes.Contains(e.Frame, []byte(`"fsm_up"`)):
			up[k] = true
			if !k.joins {
				machines++
			}
		case e.Dir == results.DirIn && bytes.Contains(e.Frame, []byte(`"died"`)):
			machines--
		case e.Dir == results.DirIn && !up[k] && m.get("fsms") == nil && machines > 0 && bytes.Contains(e.Frame, []byte(`-32603`)) && im.usual(k, up):
			m = append(m, member{"fsms", machines})
		case e.Dir == results.DirClose && !ownClose(im.entries, i) && im.wordless(k) && m.get("slots") == nil && im.usual(k, up):
			m = append(m, member{"slots", setupSlots}, member{"queue", setupQueue})
		}
	}
	return m
}

// What a node has by default (real-node.md).
const setupSlots, setupQueue = 10, 5

// usual says that the parameters of a socket are those of one that came up.
func (im *importer) usual(k *link, up map[*link]bool) bool {
	for o := range up {
		if o.role != k.role || o.joins != k.joins || len(o.query) != len(k.query) {
			continue
		}
		same := true
		for name := range k.query {
			switch name {
			case "initiator_id", "responder_id", "existing_channel_id", "existing_fsm_id", "port":
				same = same && o.query.Has(name)
			default:
				same = same && o.query.Get(name) == k.query.Get(name)
			}
		}
		if same {
			return true
		}
	}
	return false
}

// wordless says that a socket got no frame.
func (im *importer) wordless(k *link) bool {
	for i := k.begin; i < len(im.entries) && (k.end < 0 || i < k.end); i++ {
		if im.links[i] == k && im.entries[i].Dir == results.DirIn {
			return false
		}
	}
	return true
}
