package simnode

import (
	"bytes"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/internal/memnet"
	"chanbot/tx"
	"chanbot/wire"
)

// world is a node behind an in-memory listener, for one synctest bubble.
type world struct {
	t      *testing.T
	node   *Node
	server *http.Server
	net    *memnet.Listener
	keys   [2]tx.KeyPair
}

func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	return serveWorld(t, New(cfg))
}

// serveWorld serves a node.
func serveWorld(t *testing.T, node *Node) *world {
	t.Helper()
	w := &world{t: t, node: node, net: memnet.New()}
	for i, label := range []string{"initiator", "responder"} {
		w.keys[i] = tx.DeriveKeyPair([]byte(t.Name()), label)
		w.node.Endow(w.keys[i].ID(), big.NewInt(1e15))
	}
	w.server = &http.Server{Handler: w.node}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.server.Serve(w.net); err != http.ErrServerClosed {
			t.Errorf("serve: %v", err)
		}
	}()
	t.Cleanup(func() {
		if err := w.node.Close(); err != nil {
			t.Error(err)
		}
		w.server.Close()
		<-done
	})
	return w
}

// query is the seed's connection for a role, with changes.
func (w *world) query(r role, change map[string]string) string {
	q := url.Values{
		"protocol": {"json-rpc"}, "role": {r.String()}, "port": {"13179"},
		"initiator_id": {w.keys[0].ID().String()}, "responder_id": {w.keys[1].ID().String()},
		"initiator_amount": {"70000000000000"}, "responder_amount": {"40000000000000"}, "push_amount": {"1"},
		"channel_reserve": {"2"}, "lock_period": {"10"}, "keep_running": {"false"},
	}
	if r == roleInitiator {
		q.Set("host", "localhost")
	}
	for k, v := range change {
		q.Set(k, v)
	}
	return q.Encode()
}

// client is one socket. Its frames are read in the background.
type client struct {
	w      *world
	role   role
	conn   *websocket.Conn
	frames chan wire.Frame // closed at the end of the socket
	code   int             // close code, 1006 without a close frame
	// what drain has seen last
	channel, fsmID string
}

func (w *world) dial(r role, query string) *client {
	w.t.Helper()
	d := websocket.Dialer{NetDialContext: w.net.DialContext}
	conn, _, err := d.Dial("ws://node/channel?"+query, nil)
	if err != nil {
		w.t.Fatalf("dial: %v", err)
	}
	c := &client{w: w, role: r, conn: conn, frames: make(chan wire.Frame, 1000)}
	go func() {
		defer close(c.frames)
		for {
			_, b, err := conn.ReadMessage()
			if err != nil {
				c.code = websocket.CloseAbnormalClosure
				if ce, ok := err.(*websocket.CloseError); ok {
					c.code = ce.Code
				}
				conn.Close()
				return
			}
			c.frames <- wire.DecodeFrame(b)
		}
	}()
	w.t.Cleanup(func() { conn.Close() })
	return c
}

func (c *client) send(format string, args ...any) {
	c.w.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
		c.w.t.Fatalf("%v: send: %v", c.role, err)
	}
}

// sign answers a request to sign with this side's key.
func (c *client) sign(f wire.Frame) {
	c.w.t.Helper()
	s, err := tx.ParseSigned(f.Sign.SignedTx)
	if err != nil {
		c.w.t.Fatalf("%v: %s: %v", c.role, f.Name(), err)
	}
	s = s.Sign(c.w.keys[c.role], c.w.node.NetworkID(), tx.Raw)
	c.send(`{"jsonrpc":"2.0","method":%q,"params":{"signed_tx":%q}}`, wire.AnswerMethod(f.Sign.Tag), s.Text())
}

func (c *client) transfer(amount int) {
	c.send(`{"jsonrpc":"2.0","method":"channels.update.new","params":{"amount":%d,"from":%q,"to":%q}}`,
		amount, c.w.keys[c.role].ID(), c.w.keys[1-c.role].ID())
}

// drain returns the names of everything that has arrived once nothing moves
// any more, and the frames.
func (c *client) drain() (names []string, frames []wire.Frame) {
	synctest.Wait()
	for {
		select {
		case f, ok := <-c.frames:
			if !ok {
				return append(names, fmt.Sprintf("close %d", c.code)), frames
			}
			names, frames = append(names, f.Name()), append(frames, f)
			if f.ChannelID != "" {
				c.channel = f.ChannelID
			}
			if f.Info != nil && f.Info.FSMID != "" {
				c.fsmID = f.Info.FSMID
			}
		default:
			return names, frames
		}
	}
}

// want checks that exactly these frames have arrived, and returns them.
func (c *client) want(names ...string) []wire.Frame {
	c.w.t.Helper()
	got, frames := c.drain()
	if !slices.Equal(got, names) {
		c.w.t.Fatalf("%v: got %q, want %q", c.role, got, names)
	}
	return frames
}

// open opens the channel of the seed.
func (w *world) open(change map[string]string) (i, r *client) {
	w.t.Helper()
	return openBetween(w, w, change)
}

// openBetween opens the channel of the seed with each side at its own node.
func openBetween(w, other *world, change map[string]string) (i, r *client) {
	w.t.Helper()
	r = other.dial(roleResponder, w.query(roleResponder, change))
	r.want("info fsm_up")
	i = w.dial(roleInitiator, w.query(roleInitiator, change))
	i.sign(i.want("info fsm_up", "info channel_accept", "sign.initiator_sign")[2])
	r.sign(r.want("info channel_open", "info funding_created", "sign.responder_sign")[2])
	i.want("info funding_signed", "on_chain_tx funding_signed", "on_chain_tx channel_changed")
	r.want("on_chain_tx funding_created", "on_chain_tx channel_changed")
	w.node.MineKeyBlocks(3)
	for _, c := range []*client{i, r} {
		c.want("info own_funding_locked", "info funding_locked", "info open", "update")
	}
	return i, r
}

func TestOpenTransferStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		i, r := w.open(nil)
		i.transfer(5)
		i.sign(i.want("sign.update")[0])
		r.sign(r.want("info update", "sign.update_ack")[1])
		a, b := r.want("update")[0], i.want("update")[0]
		if a.Update.State != b.Update.State || !bytes.Contains(a.Raw, []byte("tx_")) {
			t.Errorf("the sides hold different states:\n%s\n%s", a.Raw, b.Raw)
		}
		i.send(`{"jsonrpc":"2.0","id":7,"method":"channels.get.balances","params":{"accounts":[%q]}}`, w.keys[1].ID())
		got := i.want("result")[0]
		if want := fmt.Sprintf(`[{"account":%q,"balance":40000000000006}]`, w.keys[1].ID()); string(got.Result) != want || string(got.ID) != "7" {
			t.Errorf("balances: %s, want %s", got.Raw, want)
		}
		r.send(`{"jsonrpc":"2.0","id":1,"method":"channels.system","params":{"action":"stop"}}`)
		r.want("result ok", "info died", "close 1000")
		i.want("info died", "close 1000")
		if n := w.node.Channels(); n != 0 {
			t.Errorf("%d machines are left", n)
		}
	})
}

func TestABlockedSocketIsSilentUntilTheStateChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		i, r := w.open(map[string]string{"timeout_accept": "5000"})
		i.transfer(1)
		i.sign(i.want("sign.update")[0])
		r.want("info update", "sign.update_ack")
		// A second transfer waits for the acknowledgement; so does everything behind it.
		i.send(`{"jsonrpc":"2.0","id":1,"method":"channels.update.new","params":{"amount":1,"from":%q,"to":%q}}`, w.keys[0].ID(), w.keys[1].ID())
		i.send(`{"jsonrpc":"2.0","id":2,"method":"channels.system","params":{"action":"ping"}}`)
		i.want()
		r.send(`{"jsonrpc":"2.0","method":"channels.message","params":{"to":%q,"info":"hello"}}`, w.keys[0].ID())
		i.want()
		time.Sleep(5 * time.Second)
		i.want("result ok", "message", "conflict 3", "sign.update", "result")
	})
}

// A blocked socket outlives the time after which a silent one is closed, and is
// silent from its end on.
func TestABlockedSocketIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		i, r := w.open(map[string]string{"timeout_accept": "200000"})
		i.transfer(1)
		i.sign(i.want("sign.update")[0])
		r.want("info update", "sign.update_ack")
		i.send(`{"jsonrpc":"2.0","id":1,"method":"channels.update.new","params":{"amount":1,"from":%q,"to":%q}}`, w.keys[0].ID(), w.keys[1].ID())
		for range 4 { // the other one has to be heard
			time.Sleep(50 * time.Second)
			r.send(`{"jsonrpc":"2.0","id":2,"method":"channels.system","params":{"action":"ping"}}`)
			r.want("result")
		}
		i.want("result ok", "conflict 3", "sign.update")
		time.Sleep(59 * time.Second)
		i.want()
		time.Sleep(2 * time.Second)
		i.want("close 1000")
	})
}

// history.fetch came in 2020-05 (ws-api 9, row 9).
func TestNoHistoryIn2020(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Era: Era2020})
		i := w.dial(roleInitiator, w.query(roleInitiator, nil))
		i.send(`{"jsonrpc":"2.0","id":1,"method":"channels.history.fetch","params":{}}`)
		i.want("info fsm_up", "error -32601")
	})
}

// A timer of no time is over at once (fsm.md 4), and is not none.
func TestATimerOfZeroRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		i := w.dial(roleInitiator, w.query(roleInitiator, map[string]string{"timeout_accept": "0"}))
		time.Sleep(2 * time.Millisecond)
		i.want("info fsm_up", "info timeout", "info died", "close 1000")
	})
}

// In channel_closed the depth of the closing transaction can be assumed, that of a
// settlement, too (fsm.md 6.10).
func TestTheDepthOfASettlementIsAssumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{})
		i, r := w.open(map[string]string{"lock_period": "1"})
		i.send(`{"jsonrpc":"2.0","method":"channels.close_solo"}`)
		i.sign(i.want("sign.close_solo_sign")[0])
		i.want("on_chain_tx solo_closing", "info closing")
		r.want("on_chain_tx solo_closing", "info closing")
		w.node.MineKeyBlocks(3)
		r.send(`{"jsonrpc":"2.0","method":"channels.settle"}`)
		r.sign(r.want("sign.settle_sign")[0])
		s, err := tx.ParseSigned(r.want("on_chain_tx channel_closed")[0].OnChainTx.Tx)
		if err != nil {
			t.Fatal(err)
		}
		r.send(`{"jsonrpc":"2.0","id":1,"method":"channels.assume_minimum_depth","params":{"tx_hash":%q}}`, s.Hash().Text(tx.PrefixTxHash))
		r.want("result ok", "info closed_confirmed", "info died", "close 1000")
		i.want("on_chain_tx channel_closed")
	})
}

var _ net.Listener = (*memnet.Listener)(nil)

func TestReconnectedClientsStarveOpenings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{SetupSlots: 1, SetupQueue: 1})
		i, _ := w.open(nil)
		f := i.fsmID
		i.conn.Close()
		synctest.Wait()
		back := w.dial(roleInitiator, url.Values{"protocol": {"json-rpc"}, "role": {"initiator"}, "host": {"localhost"}, "port": {"13179"},
			"existing_channel_id": {i.channel}, "existing_fsm_id": {f}}.Encode())
		back.want("info fsm_up")
		waits := w.dial(roleResponder, w.query(roleResponder, map[string]string{"port": "13180"}))
		waits.want()
		late := w.dial(roleResponder, w.query(roleResponder, map[string]string{"port": "13181"}))
		late.want("close 1000")
		back.conn.Close()
		waits.want("info fsm_up")
	})
}
