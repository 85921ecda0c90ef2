package simnode

import (
	"math/big"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/tx"
	"chanbot/wire"
)

// Channels that open, pay and sign while the link between their nodes is cut
// and mended all the time: nothing hangs, no machine is left over, no coin is
// lost, and no connection is forgotten.
func TestLinksThatBreakAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pairs = 10
		a, b, link := newWorlds(t, Config{Latency: time.Millisecond, DialRetry: 5 * time.Millisecond, Blocks: Interval, KeyBlockEvery: 5 * time.Millisecond})
		link.SetDelay(time.Millisecond)
		timers := map[string]string{}
		for _, name := range []string{"idle", "funding_create", "funding_sign", "funding_lock", "sign", "accept"} {
			timers["timeout_"+name] = "2000"
		}
		var clients sync.WaitGroup
		var lock sync.Mutex
		signed, opened := 0, 0
		for k := range pairs {
			pair := func(w *world) *world {
				own := *w
				for i, label := range []string{"initiator", "responder"} {
					own.keys[i] = tx.DeriveKeyPair([]byte(t.Name()), label+string(rune('a'+k)))
					own.node.Endow(own.keys[i].ID(), big.NewInt(1e15))
				}
				return &own
			}
			wa, wb := pair(a), pair(b)
			for range 3 { // channels one after the other
				clients.Go(func() {
					for _, c := range []*client{
						wb.dial(roleResponder, wb.query(roleResponder, timers)),
						wa.dial(roleInitiator, wa.query(roleInitiator, timers)),
					} {
						clients.Go(func() {
							for f := range c.frames {
								switch {
								case f.Sign != nil:
									if s, err := tx.ParseSigned(f.Sign.SignedTx); err == nil {
										c.tell(wire.AnswerMethod(f.Sign.Tag), `{"signed_tx":"`+s.Sign(c.w.keys[c.role], c.w.node.NetworkID(), tx.Raw).Text()+`"}`)
									}
								case f.Update != nil:
									lock.Lock()
									signed++
									lock.Unlock()
									if c.role == roleResponder {
										continue // two that pay each other would only have conflicts
									}
									c.tell("channels.update.new", `{"amount":1,"from":"`+c.w.keys[c.role].ID().String()+`","to":"`+c.w.keys[1-c.role].ID().String()+`"}`)
								case f.Name() == "info open":
									lock.Lock()
									opened++
									lock.Unlock()
								}
							}
						})
					}
				})
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
			link.Cut()
			time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
			link.Mend()
		}
		link.Cut()
		time.Sleep(20 * time.Second) // every timer that a machine may still have
		clients.Wait()
		if x, y := a.node.Channels(), b.node.Channels(); x+y != 0 {
			t.Errorf("%d and %d machines are left", x, y)
		}
		if n := len(link.connections); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		if opened == 0 || signed <= opened {
			t.Errorf("%d sides opened, %d states were signed: the test does not reach far", opened, signed)
		}
		t.Logf("%d sides opened, %d states signed", opened, signed)
	})
}

// tell sends a request whose answer does not matter, to a node that may be gone.
func (c *client) tell(method, params string) {
	_ = c.conn.WriteMessage(1, []byte(`{"jsonrpc":"2.0","method":"`+method+`","params":`+params+`}`))
}
