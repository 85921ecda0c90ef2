package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// importStep is one step of the scenario: what a client does, and the frames
// that every socket gets until the next client does something.
type importStep struct {
	entry    int
	link     *link // nil for a step of nobody
	subject  string
	action   any // what stands behind the subject
	id       any // nil leaves the language's default
	raw      bool
	sign     mapping
	connects bool
	sends    bool    // a frame, or a connection
	reply    *reply  // the answer that it gives
	replyID  string  // the id of its request
	effect   string  // the first frame that its request leads to, if that is known
	values   mapping // the balances that it returns
	settled  bool    // one of the two has come
	outcome  any
	loose    bool // no frames are expected
	frames   map[string][]string
	sockets  []string // those of frames, in their order
	comments []string
	begin    time.Duration
	end      time.Duration // when the last of its frames came
	wait     time.Duration // how long it may take beyond that
}

func labelOf(r outcome.Role, number int) string {
	if number == 1 {
		return r.String()
	}
	return fmt.Sprintf("%s.%d", r, number)
}

// idText returns the word for an id of the channel.
func (im *importer) idText(r outcome.Role, v string) string {
	switch v {
	case "":
	case im.channelID:
		return "$channel_id"
	case im.fsmIDs[r.Index()]:
		return "$fsm_id"
	}
	return v
}

// blocksPass is a note of who made the session about blocks that no frame shows.
var blocksPass = regexp.MustCompile(`^([0-9]+) key blocks pass`)

// longGap is the shortest time in which something may have happened that no
// frame shows: key blocks, one a second.
const longGap = 1200 * time.Millisecond

// run makes the steps.
func (im *importer) run() {
	var comments []string
	var before time.Duration
	for i := range im.entries {
		e, k := im.entries[i], im.links[i]
		switch e.Dir {
		case results.DirNote:
			text := string(e.Text())
			if len(text) < 100 {
				comments = append(comments, text)
			}
			if m := blocksPass.FindStringSubmatch(text); m != nil && len(m[1]) < 4 && m[1][0] != '0' {
				im.steps = append(im.steps, &importStep{
					entry: i, subject: "wait", action: mapping{{"blocks", rawScalar(m[1])}}, loose: true, frames: map[string][]string{}, comments: comments,
				})
				comments = nil
			}
			continue
		case results.DirHTTP:
			im.note(i, "an answer of the node's HTTP API; a scenario sends no such requests")
			continue
		case results.DirPing:
			if k != nil && im.silent {
				im.rest(i, k, e.T-before)
				before = e.T
				im.step(i, k, mapping{{"send", mapping{{"bytes", emptyPing}}}})
			} else {
				im.note(i, "a WebSocket ping; chanbot sends its own")
			}
			continue
		case results.DirIn, results.DirOut, results.DirConnect, results.DirClose:
		default:
			continue
		}
		if k == nil {
			im.note(i, "nothing tells which socket of %s this belongs to", e.Side)
			continue
		}
		if k.number > mostSockets {
			if e.Dir == results.DirConnect {
				im.note(i, "more than %d sockets of one role at the same time; the session of this one is left out", mostSockets)
			}
			continue
		}
		if e.Dir == results.DirOut || e.Dir == results.DirConnect {
			if im.lost(i, k) {
				im.left[i] = true
				continue
			}
			im.meanwhile(i, k, e.T-before)
		}
		before = e.T
		steps := len(im.steps)
		im.entry(i, e, k)
		if len(im.steps) > steps {
			im.steps[steps].comments = append(comments, im.steps[steps].comments...)
			comments = nil
		}
	}
}

// lost says that a client's frame never reached the node, and notes it.
func (im *importer) lost(i int, k *link) bool {
	e := im.entries[i]
	switch {
	case e.Dir == results.DirConnect:
		if path := pathOf(k); path != "/channel" {
			im.note(i, "a connection to the path %q; chanbot connects to the path of its node", path)
			return true
		}
		return false
	case k.end >= 0 && k.end < i:
		im.note(i, "a frame on a socket that was closed already")
		return true
	case im.crosses(i, k) && actionOf(e.Frame) != wire.ActionStop:
		im.note(i, "a frame that crossed the end of its socket")
		return true
	}
	return false
}

// meanwhile adds what happens in a time in which no frame came and no client
// did anything.
func (im *importer) meanwhile(i int, k *link, gap time.Duration) {
	switch {
	case gap > longGap && im.unanswered(i, k):
		im.rest(i, k, gap)
	case len(im.steps) > 0 && gap > blink && gap < longGap && im.steps[len(im.steps)-1].quiet() && im.steps[len(im.steps)-1].link != k:
		im.rest(i, k, gap)
	}
}

// blink is a time in which a node takes up what it was sent.
const blink = 2 * time.Millisecond

// quiet says that the step led to no frame that shows that the node has taken up
// what was sent.
func (s *importStep) quiet() bool {
	for _, list := range s.frames {
		if len(list) > 0 {
			return false
		}
	}
	return s.link != nil && !s.connects
}

// unanswered says whether a request of a socket with an id has no answer at an
// entry: the node may be blocked.
func (im *importer) unanswered(at int, k *link) bool {
	for i := at - 1; i >= 0; i-- {
		if im.links[i] != k {
			continue
		}
		switch im.entries[i].Dir {
		case results.DirOut:
			f, ok := envelopeOf(im.entries[i])
			return ok && f.ID != nil && string(f.ID) != "null"
		case results.DirIn:
			return false
		}
	}
	return false
}

// emptyPing is a WebSocket ping without data, masked with zeros.
const emptyPing = "898000000000"

// absence is the time that a node gets to bring a channel to the same point on
// both sides before a client comes back that could not watch it.
const absence = 50 * time.Millisecond

// rest adds a step in which nothing happens.
func (im *importer) rest(entry int, k *link, d time.Duration) {
	if d = d.Round(time.Millisecond); d <= 0 {
		return
	}
	im.steps = append(im.steps, &importStep{
		entry: entry, subject: k.label, action: mapping{{"wait", duration(d)}}, loose: true, frames: map[string][]string{},
	})
}

// mostSockets is how many sockets of a role a scenario can name.
const mostSockets = 9

// step adds the step of a client.
func (im *importer) step(i int, k *link, action any) *importStep {
	s := &importStep{entry: i, link: k, subject: k.label, action: action, frames: map[string][]string{}, begin: im.entries[i].T}
	s.end, s.sends = s.begin, true
	im.steps = append(im.steps, s)
	s.expect(k.label)
	return s
}

// expect adds frames that a socket gets.
func (s *importStep) expect(label string, names ...string) {
	if _, ok := s.frames[label]; !ok {
		s.sockets = append(s.sockets, label)
	}
	s.frames[label] = append(s.frames[label], names...)
}

// entry takes the next entry of a socket.
func (im *importer) entry(i int, e Entry, k *link) {
	switch e.Dir {
	case results.DirConnect:
		im.connect(i, k)
	case results.DirOut:
		im.out(i, e, k)
	case results.DirClose:
		if ownClose(im.entries, i) {
			im.step(i, k, mapping{{"disconnect", "close"}}).sends = false
			return
		}
		c, _ := e.Close()
		im.frame(i, e, k, fmt.Sprintf("close %d", c.Code))
	case results.DirIn:
		im.in(i, e, k)
	}
}

// connect adds the step that opens a socket.
func (im *importer) connect(i int, k *link) {
	params := im.params(k)
	if k.joins {
		im.rest(i, k, absence)
		var action any = "reconnect"
		if len(params) > 0 {
			action = mapping{{"reconnect", mapping{{"params", params}}}}
		}
		im.step(i, k, action).connects = true
	} else {
		im.stopped, im.closing = nil, false
		m := mapping{{"until", "fsm_up"}}
		if len(params) > 0 {
			m = append(m, member{"params", params})
		}
		im.step(i, k, mapping{{"open", m}}).connects = true
	}
}

// in takes a frame of the node.
func (im *importer) in(i int, e Entry, k *link) {
	f := wire.DecodeFrame(bytes.Clone(e.Frame))
	if f.ChannelID != "" {
		im.channelID = f.ChannelID
	}
	if f.Info != nil && f.Info.FSMID != "" {
		im.fsmIDs[k.role.Index()] = f.Info.FSMID
	}
	if f.OnChainTx != nil {
		if s, err := tx.ParseSigned(f.OnChainTx.Tx); err == nil {
			im.watched[k.label] = s.Hash().Text(tx.PrefixTxHash)
		}
		if f.OnChainTx.Info == "can_slash" && !im.closing {
			im.post(i)
		}
	}
	s := im.frame(i, e, k, f.Name())
	if s != nil && s.link == k && !s.settled && (s.replyID != "" && string(f.ID) == s.replyID || s.effect != "" && f.Name() == s.effect) {
		s.settled = true
		s.values = im.balances(s, &f)
		im.before(s)
	}
	if f.Sign != nil {
		im.offered(k, f.Sign, s)
	}
}

// frame adds a frame to the step under way. What a side that stopped second
// hears comes in any order, or not at all (sequences/32).
func (im *importer) frame(i int, e Entry, k *link, name string) *importStep {
	if len(im.steps) == 0 {
		im.note(i, "%s before any client did something", name)
		return nil
	}
	s := im.steps[len(im.steps)-1]
	s.end = e.T
	if k.tail && k.stops && (name == "info died" || e.Dir == results.DirClose || name == "result ok" && im.answersStop(e, k)) {
		im.loose[im.segment(k)] = true
		return s
	}
	if name == "info died" && im.bothTimers(i, k) {
		s.expect(k.label, optionalTimeout)
	}
	if name == "info timeout" && im.bothTimers(i, k) {
		return s // it is written before died
	}
	if !strategy.FrameKnown(name) {
		im.note(i, "a frame that the language has no name for: %s", name)
		name = strategy.AnyFrame
	}
	s.expect(k.label, name)
	return s
}

// segment says the how many-th socket of its label a socket is.
func (im *importer) segment(k *link) segment {
	n := 0
	for _, o := range im.all.all {
		if o.label == k.label && !im.left[o.begin] {
			n++
		}
		if o == k {
			break
		}
	}
	return segment{k.label, n}
}

// together is how close two ends are that have one cause.
const together = 200 * time.Millisecond

// bothTimers says whether the two sides of a channel waited for the same thing
// and one of their timers ran out, so that it is chance which side says so: at
// the timeout or the died of one of them.
func (im *importer) bothTimers(at int, k *link) bool {
	t := im.entries[at].T
	var last [2]string // what each side heard before, by role
	var timeout, died [2]bool
	var since time.Duration // the last entry before
	for i, e := range im.entries {
		o := im.links[i]
		if o != nil && e.T < t-together {
			since = e.T
		}
		if o == nil || e.Dir != results.DirIn || o.number != k.number {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		near := e.T >= t-together && e.T <= t+together
		switch name := f.Name(); {
		case name == "info timeout":
			timeout[o.role.Index()] = near || timeout[o.role.Index()]
		case name == "info died":
			died[o.role.Index()] = near || died[o.role.Index()]
		case e.T <= t:
			last[o.role.Index()] = name
		}
	}
	return t > 0 && (timeout[0] || timeout[1] || k.timer(t-since)) && died[0] && died[1] && last[0] == last[1]
}

// timer says whether one of the timers that a connection sets takes that long.
func (k *link) timer(d time.Duration) bool {
	for _, name := range timeoutNames {
		ms, err := strconv.ParseInt(k.query.Get("timeout_"+name), 10, 64)
		if set := time.Duration(ms) * time.Millisecond; err == nil && ms > 0 && d > set*9/10 && d < set*12/10 {
			return true
		}
	}
	return false
}

// before takes the frames that came before the node answered the request of a
// step: what went before led to them, so they are waited for before the request
// is sent, and do not race with it.
func (im *importer) before(s *importStep) {
	label := s.link.label
	list := s.frames[label]
	if len(list) < 2 {
		return
	}
	early := list[:len(list)-1]
	for _, prev := range slices.Backward(im.steps[:len(im.steps)-1]) {
		if prev.link == nil || prev.loose {
			continue
		}
		prev.expect(label, early...)
		prev.end = s.begin
		s.frames[label] = list[len(list)-1:]
		return
	}
}

// balances are those that a query returned, by the words for their accounts.
func (im *importer) balances(s *importStep, f *wire.Frame) (values mapping) {
	if m, ok := s.action.(mapping); !ok || m[0].key != "balances" || f.Kind != wire.KindResult {
		return nil
	}
	list, err := wire.DecodeReply[[]wire.Balance](f.Result)
	if err != nil {
		return nil
	}
	for _, b := range list {
		word := im.accounts.word(b.Account)
		if b.Balance == nil || values.get(word) != nil || word != "initiator" && word != "responder" {
			return nil
		}
		values = append(values, member{word, rawScalar(b.Balance.String())})
	}
	return values
}

// answersStop says whether a frame answers the stop of its socket.
func (im *importer) answersStop(e Entry, k *link) bool {
	f := wire.DecodeFrame(bytes.Clone(e.Frame))
	for i, out := range im.entries {
		if im.links[i] != k || out.Dir != results.DirOut || actionOf(out.Frame) != wire.ActionStop {
			continue
		}
		if env, ok := envelopeOf(out); ok && string(env.ID) == string(f.ID) {
			return true
		}
	}
	return false
}

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
		if action, ok := im.request(i, k, f); ok {
			s := im.step(i, k, action)
			s.id = idOf(f.ID, wantsID(f.Method))
			s.replyID, s.effect = string(f.ID), importRequests[f.Method].effect
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
	switch {
	case im.stopped == nil:
		im.stopped = k
		for _, other := range im.all.all {
			if other.role != k.role && other.begin < i && (other.end < 0 || other.end > i) {
				other.tail = true
			}
		}
	case k.tail:
		s.loose, s.outcome = true, []string{"done", "died", "disconnected"}
	}
	return true
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

// post adds the step that puts an old solo close on chain, past the node's
// machines: one that a client was offered and did not give back.
func (im *importer) post(i int) {
	who, what := outcome.Initiator, "$close_solo"
	for _, o := range slices.Backward(im.offers) {
		c, ok := o.body.(*tx.CloseSolo)
		if !ok {
			continue
		}
		who = o.link.role
		round := uint64(1)
		if len(c.Payload) > 0 {
			if s, err := tx.DecodeSigned(c.Payload); err == nil {
				if t, err := s.Decode(); err == nil {
					round, _, _ = tx.StateOf(t)
				}
			}
		}
		what = fmt.Sprintf("%s %d", what, round)
		break
	}
	im.note(i, "the old close_solo that got on chain was not sent by a client; the %s posts one", who)
	s := &importStep{entry: i, subject: who.String(), action: mapping{{"post", what}}, frames: map[string][]string{}, begin: im.entries[i].T}
	s.end = s.begin
	im.steps = append(im.steps, s)
	im.closing = true
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
		return im.idText(k.role, v)
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
