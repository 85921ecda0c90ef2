package session

import (
	"bytes"
	"encoding/json"
	"strings"

	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

func envelopeOf(e Entry) (*envelope, bool) {
	var f envelope
	if json.Unmarshal(e.Frame, &f) != nil {
		return nil, false
	}
	return &f, true
}

// out adds the step of a client's frame.
func (im *importer) out(i int, e Entry, k *link) {
	f, ok := envelopeOf(e)
	if ok && isCall(e.Frame) && string(f.ID) != "null" {
		if f.Method == wire.MethodSystem && actionOf(e.Frame) == wire.ActionStop && im.stop(i, k, f) {
			return
		}
		if r := im.answer(k, f); r != nil {
			im.reply(i, k, f, r)
			return
		}
		im.pins = false
		if action, ok := im.request(i, k, f); ok {
			s := im.step(i, k, action)
			s.pinned = im.pins
			s.id = idOf(f.ID, wantsID(f.Method))
			s.replyID, s.effect = string(f.ID), importRequests[f.Method].effect
			s.within = f.Method == wire.MethodMessage || strings.HasPrefix(f.Method, "channels.get.")
			return
		}
	}
	im.send(i, e, k)
}

// isCall says whether a frame is a request as it should be.
func isCall(raw json.RawMessage) bool {
	v, ok := decodeOrdered(raw)
	m, isObject := v.(mapping)
	if !ok || !isObject {
		return false
	}
	for _, x := range m {
		switch x.key {
		case "id", "method", "params":
		case "jsonrpc":
			if x.value != "2.0" {
				return false
			}
		default:
			return false
		}
	}
	return m.get("jsonrpc") != nil && m.get("method") != nil && m.get("params") != nil
}

// idOf says what a step has to say about the id of its request.
func idOf(id json.RawMessage, usual bool) any {
	if id == nil {
		if usual {
			return false
		}
		return nil
	}
	if !wholeNumber(string(bytes.TrimPrefix(id, []byte("-")))) {
		return id
	}
	if usual {
		return nil
	}
	return true
}

// anyEnd are the outcomes of a stop that meets the end of its channel.
var anyEnd = []string{"done", "died", "disconnected"}

// stop adds the step of a stop. The second side to stop may hear of the end in
// any of three ways.
func (im *importer) stop(i int, k *link, f *envelope) bool {
	if im.dropsNext(i, k) {
		im.note(i, "a stop that crossed the closing of its own socket")
		return true
	}
	var m map[string]any
	if json.Unmarshal(f.Params, &m) != nil || len(m) != 1 {
		return false
	}
	s := im.step(i, k, "stop")
	s.id, s.replyID = idOf(f.ID, true), string(f.ID)
	k.stopping = true
	if im.cutShort(i, k) {
		k.tail, s.loose, s.outcome = true, true, anyEnd
	}
	switch {
	case im.stopped == nil:
		im.stopped = k
		for _, other := range im.all.all {
			if other.role != k.role && other.begin < i && (other.end < 0 || other.end > i) {
				other.tail = true
			}
		}
	case k.tail:
		s.loose, s.outcome = true, anyEnd
		if first := im.stopped; !first.dead && first.role != k.role { // the stops crossed
			first.tail = true
		}
	}
	return true
}

// cutShort says that the channel died of something else just when its client
// asked it to stop, so that the stop has no answer.
func (im *importer) cutShort(at int, k *link) bool {
	f, ok := envelopeOf(im.entries[at])
	if !ok || f.ID == nil || im.answered[at] {
		return false
	}
	for i := at + 1; i < len(im.entries); i++ {
		switch e := im.entries[i]; {
		case im.links[i] == k:
			return e.Dir == results.DirIn && e.T-im.entries[at].T < crossing && bytes.Contains(e.Frame, []byte(`"died"`))
		case im.links[i] != nil && e.Dir == results.DirOut:
			return false
		}
	}
	return false
}

// dropsNext says whether the client of a socket closes it as the next thing
// that happens there.
func (im *importer) dropsNext(at int, k *link) bool {
	for i := at + 1; i < len(im.entries); i++ {
		if im.links[i] == k {
			return ownClose(im.entries, i)
		}
	}
	return false
}

// reply adds the step of an answer to a request to sign.
func (im *importer) reply(i int, k *link, f *envelope, r *reply) {
	o := r.offer
	m := mapping{{"tag", o.tag}}
	latest := im.offer(k, func(x *offer) bool { return x.tag == o.tag })
	if latest != o {
		m = append(m, member{"nth", o.nth})
	}
	if r.do != "accept" {
		m = append(m, member{"do", r.do})
	}
	if r.method != "" {
		m = append(m, member{"method", r.method})
	}
	var action any = mapping{{"answer", m}}
	if len(m) == 1 {
		action = mapping{{"answer", o.tag}}
	}
	if r.params != nil {
		action = mapping{{"answer", append(m, member{"params", r.params})}}
	}
	if _, solo := o.body.(*tx.CloseSolo); solo && answersWithTx(r) {
		im.closing = true
	}
	s := im.step(i, k, action)
	s.raw, s.reply, r.nth = r.params != nil, r, latest != o
	answer, _ := r.do.(mapping)
	s.id = idOf(f.ID, answer.get("abort") == nil && !im.noIDs[k.role.Index()])
	o.answered++
}

// answersWithTx says that an answer gives a transaction back.
func answersWithTx(r *reply) bool {
	m, ok := r.do.(mapping)
	return !ok || m.get("abort") == nil
}

// send adds the step of a frame that is no usual request.
func (im *importer) send(i int, e Entry, k *link) {
	v, ok := decodeOrdered(e.Frame)
	if _, text := v.(string); ok && text {
		v, ok = decodeOrdered(e.Text()) // written by hand
	}
	switch v.(type) {
	case mapping, []any:
	default:
		ok = false
	}
	if !ok {
		if token.Match(e.Text()) {
			im.note(i, "keys and ids in a text that is no JSON; it is sent as it was recorded")
		}
		im.step(i, k, mapping{{"send", mapping{{"text", string(e.Text())}}}})
		return
	}
	if signedOf(e.Frame) != "" {
		im.note(i, "%s with a transaction that nothing was offered for; it is sent as it was recorded", k.label)
	}
	im.step(i, k, mapping{{"send", mapping{{"frame", im.words(k, v)}}}})
}

// words replaces the accounts and ids in JSON by the language's words.
func (im *importer) words(k *link, v any) any {
	switch v := v.(type) {
	case string:
		if w := im.accounts.word(v); w != "" {
			return "$" + w
		}
		return im.idText(k, v)
	case []any:
		for i := range v {
			v[i] = im.words(k, v[i])
		}
		return v
	case mapping:
		for i := range v {
			v[i].value = im.words(k, v[i].value)
		}
		return v
	}
	return v
}
