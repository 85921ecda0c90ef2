package reclaim_test

import (
	"bytes"
	"context"
	"errors"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chanbot/accounts"
	"chanbot/nodeapi"
	"chanbot/reclaim"
	"chanbot/results"
	"chanbot/tx"
)

var errTest = errors.New("test")

// Wherever a call is broken off, the next one goes on.
func TestReclaimMayBeBrokenOffAnywhere(t *testing.T) {
	for _, solo := range []bool{false, true} {
		for after := int64(1); after < 40; after += 3 {
			in(t, 2, func(b *bench) {
				b.play(updates(2)+stop, nil)
				left := after
				for round := range 60 {
					channels, known, err := b.folder.OpenChannels()
					if err != nil {
						b.Fatal(err)
					}
					ctx, cancel := context.WithCancelCause(b.Context())
					var count atomic.Int64
					api := b.dial(func() {
						if n := count.Add(1); round < 3 && n > left {
							cancel(errTest)
						}
					})
					all, err := reclaim.Run(ctx, reclaim.Config{
						Terms: accounts.Terms{Node: api}, Keys: b.keys, Nodes: [2]string{"ws://node/channel", "ws://node/channel"}, Dial: b.net.DialContext,
						Host: "localhost", Port: 13179, AtOnce: 1, Solo: solo, Wait: time.Hour, Channels: channels,
					}, known)
					cancel(nil)
					if err := channels.Close(); err != nil {
						b.Fatal(err)
					}
					if err == nil && !slices.ContainsFunc(all, func(r reclaim.Result) bool { return !r.Status.Over() }) {
						break
					}
					if round >= 3 {
						b.Fatalf("solo %v, broken off after %d requests: %v, %v", solo, after, all, err)
					}
				}
				b.sweptAll(6)
			})
		}
	}
}

// dial returns a client of the HTTP API that tells of each request.
func (b *bench) dial(each func()) *nodeapi.Client {
	b.Helper()
	c, err := nodeapi.New("http://node", &nodeapi.Options{Attempts: 1, Transport: &countingTransport{next: b.wires, each: each}})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func TestSeveralChannelsOfOnePair(t *testing.T) {
	in(t, 2, func(b *bench) {
		for range 3 { // the folder of one run with three iterations
			b.play(updates(1)+stop, nil)
		}
		b.want(b.reclaim(func(c *reclaim.Config) { c.Solo = true }), 6, reclaim.ClosedSolo)
		b.sweptAll(10)
	})
}

func TestMorePairsThanSetupSlots(t *testing.T) {
	in(t, 30, func(b *bench) {
		b.play(updates(2), func(r results.FrameRecord) bool {
			return r.Pair == 29 && bytes.Contains(r.Frame, []byte(`"channels.sign.update_ack"`))
		})
		for _, r := range b.reclaim(nil) {
			if !r.Status.Over() {
				b.Error(r)
			}
		}
		b.sweptAll(4)
	})
}

func TestUnreachableNodeIsNoReasonForASoloClose(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play(updates(1)+stop, nil)
		all := b.reclaim(func(c *reclaim.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errTest }
		})
		b.want(all, 1, reclaim.Failed)
		if !all[0].Unreachable || strings.Contains(all[0].Reason, "fsm_id") {
			b.Errorf("%+v", all[0])
		}
		if ch, err := b.onChain(all[0].Channel); err != nil || ch.Closing() {
			b.Errorf("%+v, %v", ch, err)
		}
		if free := reclaim.Free(b.keys, b.known(), all); len(free) != 0 {
			b.Error("accounts of an open channel are free to be swept")
		}
		b.want(b.reclaim(nil), 1, reclaim.ClosedMutually)
	})
}

// An old state closes the channel; the one that the run has kept replaces it.
func TestOldCloseIsSlashed(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play("  - open:\n"+stop, nil)
		old := b.known()[0]
		b.play(updates(3)+stop, nil) // another channel, so that the account's nonce moves
		known := b.known()
		id, err := tx.ParseID(old.Channel)
		if err != nil {
			b.Fatal(err)
		}
		// A state that both have signed later, as if the run had gone on.
		parties := []tx.Balance{{ID: b.keys[0].ID(), Amount: new(big.Int).Sub(old.Balances[0], big.NewInt(50))}, {ID: b.keys[1].ID(), Amount: new(big.Int).Add(old.Balances[1], big.NewInt(50))}}
		state := tx.NewSigned(&tx.OffChain{ChannelID: id, Round: 9, StateHash: tx.StateHash(parties...)})
		state = state.Sign(b.keys[0], b.node.NetworkID(), tx.Raw).Sign(b.keys[1], b.node.NetworkID(), tx.Raw)
		soloed := b.reclaim(func(c *reclaim.Config) { c.Solo, c.Wait = true, 0 })
		b.want(soloed, 2, reclaim.Closing)
		channels, _, err := b.folder.OpenChannels()
		if err != nil {
			b.Fatal(err)
		}
		channels.Channel(results.ChannelRecord{Channel: known[0].Channel, Round: 9, Signed: state.Text(), Balances: []*big.Int{parties[0].Amount, parties[1].Amount}})
		if err := channels.Close(); err != nil {
			b.Fatal(err)
		}
		b.reclaim(func(c *reclaim.Config) { c.Solo, c.Wait = true, 0 })
		if ch, err := b.onChain(old.Channel); err != nil || ch.Round != 9 || ch.InitiatorAmount.Cmp(parties[0].Amount) != 0 {
			b.Errorf("%+v, %v", ch, err)
		}
		b.want(b.reclaim(func(c *reclaim.Config) { c.Solo = true }), 2, reclaim.ClosedSolo)
		b.sweptAll(10)
	})
}

func TestChainThatNeverHadTheChannel(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play(updates(1)+stop, nil)
		known := b.known()
		other := newBench(b.T, 1)
		cfg := reclaim.Config{Terms: accounts.Terms{Node: other.api}, Keys: b.keys, Solo: true}
		all, err := reclaim.Run(b.Context(), cfg, known)
		if err != nil {
			b.Fatal(err)
		}
		b.want(all, 1, reclaim.Failed)
		known[0].Round, known[0].Signed = 0, "" // it may have been given up before
		if all, err = reclaim.Run(b.Context(), cfg, known); err != nil {
			b.Fatal(err)
		}
		b.want(all, 1, reclaim.NeverOpened)
		known[0].Channel, known[0].Parties[1] = "ch_x", "ak_x"
		if all, err = reclaim.Run(b.Context(), cfg, known); err != nil {
			b.Fatal(err)
		}
		b.want(all, 1, reclaim.Failed)
	})
}

// A responder that has signed for its channel finds it again, even if nothing
// else came to pass.
func TestKilledRightAfterTheSignatureOfTheResponder(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play(updates(1), func(r results.FrameRecord) bool {
			return bytes.Contains(r.Frame, []byte(`"channels.on_chain_tx"`)) // the first one says that it is signed
		})
		time.Sleep(time.Minute) // the machines go on
		all := b.reclaim(nil)
		if len(all) != 1 || !all[0].Status.Over() || all[0].Status == reclaim.NeverOpened {
			b.Errorf("%v", all)
		}
		b.sweptAll(5)
	})
}
