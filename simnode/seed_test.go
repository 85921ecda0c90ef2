package simnode

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	recorded "chanbot/session"
	"chanbot/tx"
	"chanbot/wire"
)

// TestSeedSessionByteForByte feeds the two machines the requests of the seed
// session, with its own signatures, and compares every frame that they put out,
// side by side, with the recorded ones: the same bytes, ids of the FSMs aside.
func TestSeedSessionByteForByte(t *testing.T) {
	entries, err := recorded.ReadFile(filepath.Join("..", "session", "testdata", "seed-transcript.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSeedPair(t, entries)
	for _, e := range entries {
		r := slices.Index([]string{"initiator", "responder"}, e.Side)
		if e.Dir != "out" {
			continue
		}
		// The chain's part comes when the clients have signed and go on.
		if s.fsms[0].state == awaitingLocked && s.fsms[0].round == 0 && strings.Contains(string(e.Frame), "update.new") {
			s.depth()
		}
		reqs, batch, ok := wire.ParseRequests(e.Frame)
		if !ok || batch {
			t.Fatalf("not a request: %s", e.Frame)
		}
		s.request(r, &reqs[0])
		if s.fsms[0].state == awaitingLocked && len(s.posted) > 0 {
			s.mine()
		}
	}
	for r, side := range []string{"initiator", "responder"} {
		var want []string
		for _, e := range entries {
			if e.Side == side && e.Dir == "in" {
				want = append(want, canonicalFrame(t, e.Frame))
			}
		}
		if len(want) < 15 {
			t.Fatalf("%s: only %d frames were read of the seed", side, len(want))
		}
		got := s.frames[r]
		// The initiator's own stop meets a machine that is gone: its answer may
		// come, and before or after died (sequences/32).
		for i := range max(len(want), len(got)) {
			switch {
			case i >= len(got):
				t.Errorf("%s: missing %s", side, want[i])
			case i >= len(want):
				t.Errorf("%s: too many: %s", side, got[i])
			case want[i] != got[i]:
				t.Errorf("%s, frame %d:\nwant %s\ngot  %s", side, i, want[i], got[i])
			}
		}
	}
}

// seedPair plays the recorded clients on two machines of the year 2020.
type seedPair struct {
	*scriptPair
	frames  [2][]string
	pending func(answer) // writes the answer to the request under way
}

type seedView struct{ *scriptPair }

func (seedView) nextNonce(tx.ID) uint64            { return 57 }
func (seedView) signer(unsigned, sig []byte) tx.ID { return tx.ID{} }

func (seedView) verify(id tx.ID, unsigned, sig []byte) bool {
	return tx.Verify(id, "local_iris_testnet", unsigned, sig)
}

func newSeedPair(t *testing.T, entries []recorded.Entry) *seedPair {
	s := &seedPair{scriptPair: &scriptPair{t: t, height: 100, roundOnChain: 1}}
	for _, e := range entries {
		if e.Dir != "connect" {
			continue
		}
		var text string
		if err := json.Unmarshal(e.Frame, &text); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p, bad := parseParams(u.RawQuery)
		if bad != nil {
			t.Fatalf("%s: %s", u, bad)
		}
		f := newFSM(&p, seedView{s.scriptPair}, &Config{Era: Era2020}, "ba_x")
		s.fsms[p.Role] = f
		s.frames[p.Role] = []string{canonicalFrame(t, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventFSMUp, FSMID: "ba_x"}))}
	}
	s.run(0, event{kind: evLinkUp})
	return s
}

// request hands a client's frame to its machine and writes the answer first, as
// the socket does.
func (s *seedPair) request(r int, req *wire.Request) {
	f := s.fsms[r]
	before := f.channelText
	answer := func(a answer) {
		if out := appendAnswer(nil, req, a, before); out != nil {
			s.frames[r] = append(s.frames[r], canonicalFrame(s.t, out))
		}
	}
	if tag, signs := answeredTag(req.Method); signs {
		if req.HasSignedTx {
			signed, err := tx.ParseSigned(req.SignedTx)
			if err != nil {
				s.t.Fatal(err)
			}
			answer(answerOK)
			s.run(r, event{kind: evSigned, tag: tag, signed: signed})
			return
		}
		code, _ := abortCode(req.Abort)
		s.ask(r, clientRequest{method: req.Method, abort: true, tag: tag, code: code}, answer)
		return
	}
	if req.Method == wire.MethodSystem {
		if f.ended {
			// The machine is gone; the socket says ok once it has noticed.
			answer(answerOK)
			return
		}
		s.pending = answer
		s.run(r, event{kind: evStop})
		return
	}
	c, refusal := decodeRequest(req)
	if refusal != nil {
		s.t.Fatalf("refused: %s", req.Raw)
	}
	s.ask(r, c, answer)
}

var answerOK = answer{}

func (s *seedPair) ask(r int, c clientRequest, answer func(answer)) {
	s.pending = answer
	s.run(r, event{kind: evRequest, request: &c})
}

func (s *seedPair) mine() {
	posted := s.posted
	s.posted = nil
	for _, p := range posted {
		inner, err := p.Decode()
		if err != nil {
			s.t.Fatal(err)
		}
		for r := range s.fsms {
			s.run(r, event{kind: evMined, signed: p, mined: inner, height: s.height})
		}
	}
}

func (s *seedPair) depth() {
	for r := range s.fsms {
		s.run(r, event{kind: evDepth, signed: s.deep[r]})
	}
}

// run steps a machine and hands its messages on.
func (s *seedPair) run(r int, ev event) {
	ev.at = time.Unix(0, 0)
	var post *tx.SignedTx
	var told []*peerMsg
	gone := false
	for _, a := range s.fsms[r].Step(ev) {
		switch a.kind {
		case actNotify:
			s.frames[r] = append(s.frames[r], canonicalFrame(s.t, a.frame))
		case actReply:
			s.pending(a.reply)
		case actPeer:
			told = append(told, a.msg)
		case actPost:
			post = a.post
		case actDepth:
			s.deep[r] = a.deep
		case actEnd:
			gone = true
		}
	}
	if post != nil {
		s.posted = append(s.posted, post)
		s.run(r, event{kind: evPosted, ok: true})
	}
	for _, m := range told {
		s.run(1-r, event{kind: evPeer, msg: m})
	}
	if gone {
		s.run(1-r, event{kind: evLinkDown})
	}
}

// canonicalFrame sorts keys and takes the random id of the FSM out.
func canonicalFrame(t *testing.T, raw []byte) string {
	t.Helper()
	b, err := wire.SortKeys(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	f := wire.DecodeFrame(b)
	if f.Info != nil && f.Info.FSMID != "" {
		b = bytes.ReplaceAll(b, []byte(f.Info.FSMID), []byte("ba_x"))
	}
	return string(b)
}
