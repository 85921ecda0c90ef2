package model

import (
	"bytes"
	"math/big"
	"path/filepath"
	"strings"
	"testing"

	"chanbot/wire"
)

// What a real node offers after the request for a transfer is what was foreseen.
func TestForeseenIsWhatARealNodeOffers(t *testing.T) {
	hits := 0
	for _, path := range recordingNames(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		if lossy[name] != "" {
			continue
		}
		p := &player{tb: t, networkID: "ae_dev", sample: 1000, sockets: make(map[string][]*socket), last: make(map[string]*Client)}
		foreseen := map[*Client][]byte{}
		for _, e := range readRecording(t, path) {
			p.tell(e)
			all := p.sockets[e.Side]
			if len(all) != 1 {
				continue
			}
			c := all[0].client
			switch e.Dir {
			case "out":
				if reqs, _, _ := wire.ParseRequests(textOf(e.Frame)); len(reqs) == 1 && reqs[0].Method == wire.MethodUpdateNew {
					foreseen[c] = c.Foresee()
				}
			case "in":
				f := wire.DecodeFrame(textOf(e.Frame))
				want := foreseen[c]
				if f.Sign == nil || f.Sign.Tag != wire.TagUpdate || want == nil || c.op == nil || c.op.text != f.Sign.SignedTx {
					continue
				}
				delete(foreseen, c)
				if hits++; !bytes.Equal(c.op.offer.Tx, want) {
					t.Errorf("%s: the node offers\n%x, foreseen was\n%x", name, c.op.offer.Tx, want)
				}
			}
		}
	}
	if hits < 20 {
		t.Errorf("only %d transfers were foreseen", hits)
	}
}

// Nothing is foreseen where a transfer cannot be made, where it takes more to know
// what is offered, or where more than one was asked for.
func TestForeseesOneTransferOnly(t *testing.T) {
	ask := func(p ...wire.Params) func(*stage) {
		return func(s *stage) {
			for _, p := range p {
				s.ask(ini, p)
			}
		}
	}
	transfer := func(amount int64, meta ...string) wire.Params {
		s := newStage(t)
		return wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(amount), Meta: meta}
	}
	for _, c := range []struct {
		name string
		do   func(*stage)
		want bool
	}{
		{"a transfer", ask(transfer(1)), true},
		{"all but the reserve", ask(transfer(983)), true},
		{"below the reserve", ask(transfer(984)), false},
		{"a negative amount", ask(transfer(-1)), false},
		{"a note beside it", ask(transfer(1, "m")), false},
		{"two transfers", ask(transfer(1), transfer(1)), false},
		{"a deposit", ask(wire.Deposit{Amount: big.NewInt(1)}), false},
		{"nothing asked for", ask(), false},
		{"one that was offered", func(s *stage) { s.propose(ini, 1) }, false},
		{"one of the peer beside it", func(s *stage) { s.half(res, 1); ask(transfer(1))(s) }, false},
	} {
		s := newStage(t).open()
		s.update(ini, 5)
		c.do(s)
		got := s.c[ini].Foresee()
		if (got != nil) != c.want {
			t.Errorf("%s: foreseen %x", c.name, got)
		}
		if c.name == "a transfer" && !bytes.Equal(got, s.offer(1).Tx) {
			t.Errorf("foreseen %x, want %x", got, s.pending.Tx)
		}
		if len(s.found) > 0 {
			t.Errorf("%s: %v", c.name, s.found)
		}
	}
}
