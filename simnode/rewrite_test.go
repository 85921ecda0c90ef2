package simnode

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"

	"chanbot/tx"
	"chanbot/wire"
)

// longer writes a small int of a transaction, at an index of its bytes, in the
// longer form 81xx, which the node's decoder takes (encoding.md 2).
func longer(t *testing.T, b []byte, at int) []byte {
	t.Helper()
	if b[0] != 0xf8 || b[at] >= 0x80 {
		t.Fatalf("%x has no small int at %d", b, at)
	}
	b = slices.Concat(b[:at], []byte{0x81}, b[at:])
	b[1]++
	return b
}

// The node signs and checks its own bytes: a signature over another form of the
// same transaction is wrong, one over the right form beside it is not
// (encoding.md 2).
func TestSignaturesAreCheckedAgainstTheNodesOwnBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		i, r := w.open(nil)
		for _, right := range []bool{false, true} {
			i.transfer(1)
			f := i.want("sign.update")[0]
			s, err := tx.ParseSigned(f.Sign.SignedTx)
			if err != nil {
				t.Fatal(err)
			}
			const round = 2 + 1 + 1 + 34 // behind head, tag, version and channel id
			other := &tx.SignedTx{Tx: longer(t, s.Tx, round)}
			if right {
				other.Signatures = s.Sign(w.keys[0], w.node.NetworkID(), tx.Raw).Signatures
			} else {
				other = other.Sign(w.keys[0], w.node.NetworkID(), tx.Raw)
			}
			i.send(`{"jsonrpc":"2.0","method":%q,"params":{"signed_tx":%q}}`, wire.MethodUpdate, other.Text())
			if !right {
				i.want("conflict 1")
				continue
			}
			ack := r.want("info update", "sign.update_ack")[1]
			if got, err := tx.ParseSigned(ack.Sign.SignedTx); err != nil || !bytes.Equal(got.Tx, s.Tx) {
				t.Errorf("the peer is offered %x, want %x", got.Tx, s.Tx)
			}
			r.sign(ack)
			r.want("update")
			i.want("update")
		}
	})
}

// A spend_tx with a zero written as Ethereum does: the node reads it as 0, and
// its bytes are others than those that were signed.
func TestPostedTransactionsAreRewritten(t *testing.T) {
	h := newHTTPTest(t, Config{})
	key := tx.DeriveKeyPair([]byte(t.Name()), "sender")
	h.node.Endow(key.ID(), coins(1e18))
	spend := &tx.Spend{SenderID: key.ID(), RecipientID: key.ID(), Amount: coins(1), Nonce: 1}
	tx.SetFee(spend, tx.MinFee(spend, coins(1e9)))
	good := tx.NewSigned(spend)
	const zero = 2 + 1 + 1 + 2*34 + 1 + 7 // behind the ids, the amount and the fee: ttl
	if good.Tx[zero] != 0 {
		t.Fatalf("%x has no ttl at %d", good.Tx, zero)
	}
	other := &tx.SignedTx{Tx: slices.Clone(good.Tx)}
	other.Tx[zero] = 0x80
	h.post(other.Sign(key, h.node.NetworkID(), tx.Raw), "signature_check_failed")
	other.Signatures = good.Sign(key, h.node.NetworkID(), tx.Raw).Signatures
	h.post(other, "")
}
