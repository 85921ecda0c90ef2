package simnode

import (
	"math/big"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// BenchmarkTransfer is one co-signed transfer through both machines, without
// sockets; the signatures of the two clients are counted in. Compare with
// BenchmarkTwoSignaturesAndChecks, the part that cannot be avoided.
func BenchmarkTransfer(b *testing.B) {
	p := &scriptPair{height: 100}
	for i, label := range []string{"initiator", "responder"} {
		p.keys[i] = tx.DeriveKeyPair([]byte("script"), label)
	}
	p.command([]string{"open", "initiator_amount=70000000000000", "responder_amount=40000000000000"})
	views := &nodeView{networkID: "ae_dev"}
	for r := range p.fsms {
		p.fsms[r].view = benchView{p, views}
	}
	own, peer := p.keys[0].ID(), p.keys[1].ID()
	var ask, ack *tx.SignedTx
	var msg *peerMsg
	step := func(r int, ev event) {
		for _, a := range p.fsms[r].Step(ev) {
			switch {
			case a.kind == actPeer:
				msg = a.msg
			case a.kind == actNotify:
				if f := wire.DecodeFrame(a.frame); f.Sign != nil {
					s, err := tx.ParseSigned(f.Sign.SignedTx)
					if err != nil {
						b.Fatal(err)
					}
					ask, ack = s, s
				}
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		step(0, event{kind: evRequest, request: &clientRequest{method: wire.MethodUpdateNew, from: own, to: peer, amount: big.NewInt(1)}})
		step(0, event{kind: evSigned, tag: wire.TagUpdate, signed: ask.Sign(p.keys[0], "ae_dev", tx.Raw)})
		step(1, event{kind: evPeer, msg: msg})
		step(1, event{kind: evSigned, tag: wire.TagUpdateAck, signed: ack.Sign(p.keys[1], "ae_dev", tx.Raw)})
		step(0, event{kind: evPeer, msg: msg})
		own, peer = peer, own
	}
	if p.fsms[0].round != p.fsms[1].round || p.fsms[0].round < 2 {
		b.Fatalf("rounds %d and %d", p.fsms[0].round, p.fsms[1].round)
	}
}

type benchView struct {
	*scriptPair
	signatures *nodeView
}

func (v benchView) verify(id tx.ID, unsigned, sig []byte) bool {
	return v.signatures.verify(id, unsigned, sig)
}

func (v benchView) signer(unsigned, sig []byte) tx.ID { return v.signatures.signer(unsigned, sig) }

// BenchmarkTwoSignaturesAndChecks is the reference: two signatures made and
// each verified once.
func BenchmarkTwoSignaturesAndChecks(b *testing.B) {
	k := tx.DeriveKeyPair([]byte("script"), "initiator")
	unsigned := make([]byte, 72)
	b.ReportAllocs()
	for b.Loop() {
		for range 2 {
			if sig := tx.Sign(k, "ae_dev", unsigned, tx.Raw); !tx.Verify(k.ID(), "ae_dev", unsigned, sig) {
				b.Fatal("a signature does not verify")
			}
		}
	}
}
