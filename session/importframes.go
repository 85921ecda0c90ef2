package session

import (
	"bytes"
	"fmt"
	"slices"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// in takes a frame of the node.
func (im *importer) in(i int, e Entry, k *link) {
	f := wire.DecodeFrame(bytes.Clone(e.Frame))
	if f.ChannelID != "" {
		im.idsOf(k).channel = f.ChannelID
	}
	if f.Info != nil && f.Info.FSMID != "" {
		im.idsOf(k).fsm = f.Info.FSMID
	}
	if f.OnChainTx != nil {
		if s, err := tx.ParseSigned(f.OnChainTx.Tx); err == nil {
			im.watched[k.label] = s.Hash().Text(tx.PrefixTxHash)
		}
		if f.OnChainTx.Info == "can_slash" && !im.closing {
			im.post(i)
		}
	}
	name := f.Name()
	if im.oddHistory(i, k, name) {
		im.note(i, "the node could not write down its history (an entry that cannot be encoded); any answer is taken")
		name, im.oddly = strategy.AnyFrame, true
	}
	s := im.frame(i, e, k, name)
	if s != nil && s.link == k && !s.settled && (s.replyID != "" && string(f.ID) == s.replyID || s.effect != "" && f.Name() == s.effect) {
		s.settled = true
		s.values = im.balances(s, &f)
		im.before(s)
	}
	if f.Sign != nil {
		im.offered(k, f.Sign, s)
	}
}

// oddHistory says whether an entry answers a history.fetch with ok though the
// channel is there.
func (im *importer) oddHistory(i int, k *link, name string) bool {
	at, ok := im.asked[i]
	if !ok || name != "result ok" || !bytes.Contains(im.entries[at].Frame, []byte(wire.MethodHistoryFetch)) {
		return false
	}
	return k.joins || slices.ContainsFunc([]string{wire.EventChannelOpen, wire.EventChannelAccept}, func(event string) bool { return k.seen[event] })
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
	ends := name == "info died" || e.Dir == results.DirClose
	ok := name == "result ok" && im.answersStop(e, k)
	k.dead = k.dead || ends || ok
	im.ended[k.label] = im.ended[k.label] || name == "info died"
	im.alive[k.label] = e.Dir != results.DirClose
	if name == "info peer_disconnected" && !k.stopping {
		k.tail = false // it goes on without its peer, and stops like one that is alone
	}
	if k.tail && k.stops && (ends || ok || name == "info peer_disconnected") {
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
	if k.tail && k.stopping { // the answer, or the word of the peer, may come before
		s.expect(k.label, "result ok?", "info peer_disconnected?")
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

// before takes the frames that came before the node answered the request of a
// step: what went before led to them, so they are waited for before the request
// is sent, and do not race with it.
func (im *importer) before(s *importStep) {
	label := s.link.label
	list := s.frames[label]
	if len(list) < 2 {
		return
	}
	if s.end-s.begin >= shortGap {
		return // it waited for them
	}
	early := list[:len(list)-1]
	if prev := im.waiting(len(im.steps) - 1); prev != nil {
		prev.expect(label, early...)
		prev.end = s.begin
		s.frames[label] = list[len(list)-1:]
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
	if im.stopIDs == nil {
		im.stopIDs = make(map[stopID]bool)
		for i, out := range im.entries {
			if out.Dir != results.DirOut || im.links[i] == nil || actionOf(out.Frame) != wire.ActionStop {
				continue
			}
			if env, ok := envelopeOf(out); ok {
				im.stopIDs[stopID{im.links[i], string(env.ID)}] = true
			}
		}
	}
	f := wire.DecodeFrame(bytes.Clone(e.Frame))
	return im.stopIDs[stopID{k, string(f.ID)}]
}

// stopID is the id of a request to stop on a socket.
type stopID struct {
	link *link
	id   string
}

// slasher returns who answers a close that somebody posted: the one that it
// cheats, the initiator when nobody does.
func (im *importer) slasher(from int) outcome.Role {
	for i := from; i < len(im.entries); i++ {
		if im.links[i] == nil || im.entries[i].Dir != results.DirOut {
			continue
		}
		if f, ok := envelopeOf(im.entries[i]); ok && f.Method == wire.MethodSlash {
			return im.links[i].role
		}
	}
	return outcome.Initiator
}

// waiting returns the last step before the one with a number that waits for
// frames, nil when there is none.
func (im *importer) waiting(n int) *importStep {
	for _, prev := range slices.Backward(im.steps[:n]) {
		if prev.link != nil && !prev.loose {
			return prev
		}
	}
	return nil
}

// offChain says that what a client does cannot put anything on chain.
func (s *importStep) offChain() bool {
	if s.reply != nil {
		m, _ := s.reply.do.(mapping)
		return s.reply.offer.tag == wire.TagUpdate || s.reply.offer.tag == wire.TagUpdateAck || m.get("abort") != nil
	}
	return s.effect == "sign.update" || s.within
}

// post adds the step that puts an old solo close on chain, past the node's
// machines: one that a client was offered and did not give back.
func (im *importer) post(i int) {
	who, what := im.slasher(i).Peer(), "$close_solo"
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
