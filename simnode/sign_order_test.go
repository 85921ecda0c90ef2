package simnode

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"

	"chanbot/tx"
	"chanbot/wire"
)

// signBackwards answers with the signatures in descending order.
func (c *client) signBackwards(f wire.Frame) {
	c.w.t.Helper()
	s, err := tx.ParseSigned(f.Sign.SignedTx)
	if err != nil {
		c.w.t.Fatalf("%v: %s: %v", c.role, f.Name(), err)
	}
	s = s.Sign(c.w.keys[c.role], c.w.node.NetworkID(), tx.Raw)
	slices.Reverse(s.Signatures)
	c.send(`{"jsonrpc":"2.0","method":%q,"params":{"signed_tx":%q}}`, wire.AnswerMethod(f.Sign.Tag), s.Text())
}

// Clients may add their signature at the end; the node sorts them (encoding.md 3).
func TestSignaturesInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		r := w.dial(roleResponder, w.query(roleResponder, nil))
		r.want("info fsm_up")
		i := w.dial(roleInitiator, w.query(roleInitiator, nil))
		i.sign(i.want("info fsm_up", "info channel_accept", "sign.initiator_sign")[2])
		r.signBackwards(r.want("info channel_open", "info funding_created", "sign.responder_sign")[2])
		i.want("info funding_signed", "on_chain_tx funding_signed", "on_chain_tx channel_changed")
		r.want("on_chain_tx funding_created", "on_chain_tx channel_changed")
		w.node.MineKeyBlocks(3)
		locked := []string{"info own_funding_locked", "info funding_locked", "info open", "update"}
		i.want(locked...)
		r.want(locked...)

		i.transfer(5)
		i.sign(i.want("sign.update")[0])
		r.signBackwards(r.want("info update", "sign.update_ack")[1])
		for _, c := range []*client{i, r} {
			s, err := tx.ParseSigned(c.want("update")[0].Update.State)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Signatures) != 2 || !slices.IsSortedFunc(s.Signatures, bytes.Compare) {
				t.Errorf("%v: the state has the signatures %x, want two in ascending order", c.role, s.Signatures)
			}
		}

		i.send(`{"jsonrpc":"2.0","method":"channels.shutdown"}`)
		i.sign(i.want("sign.shutdown_sign")[0])
		r.signBackwards(r.want("info shutdown", "sign.shutdown_sign_ack")[1])
		for _, c := range []*client{i, r} {
			c.want("on_chain_tx close_mutual", "info closing", "on_chain_tx channel_closed")
		}
	})
}
