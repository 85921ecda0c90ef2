package simnode

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// newWorlds serves two nodes of one network. The second has the given hosts.
func newWorlds(t *testing.T, cfg Config, hosts ...string) (a, b *world, link *Link) {
	t.Helper()
	network := NewNetwork(cfg)
	t.Cleanup(func() {
		if err := network.Close(); err != nil {
			t.Error(err)
		}
	})
	a, b = serveWorld(t, network.Join(cfg)), serveWorld(t, network.Join(cfg, hosts...))
	return a, b, network.Link(a.node, b.node)
}

// reestablish connects a client to its channel again.
func (c *client) reestablish(fsmID string) *client {
	return c.w.dial(c.role, c.w.query(c.role, map[string]string{"existing_channel_id": c.channel, "existing_fsm_id": fsmID}))
}

// stop ends a side and wants the other one to be told.
func stopBoth(c, peer *client) {
	c.w.t.Helper()
	c.send(`{"jsonrpc":"2.0","id":1,"method":"channels.system","params":{"action":"stop"}}`)
	c.want("result ok", "info died", "close 1000")
	peer.want("info died", "close 1000")
}

func TestAChannelBetweenTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := newWorlds(t, Config{})
		i, r := openBetween(a, b, nil)
		if x, y := a.node.Channels(), b.node.Channels(); x != 1 || y != 1 {
			t.Errorf("%d and %d machines, want one on each node", x, y)
		}
		for _, c := range []*client{i, r} {
			peer := map[*client]*client{i: r, r: i}[c]
			c.transfer(5)
			c.sign(c.want("sign.update")[0])
			peer.sign(peer.want("info update", "sign.update_ack")[1])
			x, y := c.want("update")[0], peer.want("update")[0]
			if x.Update.State != y.Update.State {
				t.Errorf("the sides hold different states:\n%s\n%s", x.Raw, y.Raw)
			}
		}
		// A node knows its own machines only.
		back := a.dial(roleResponder, a.query(roleResponder, map[string]string{"existing_channel_id": r.channel, "existing_fsm_id": r.fsmID}))
		back.want("close 1000")
		stopBoth(r, i)
		if x, y := a.node.Channels(), b.node.Channels(); x+y != 0 {
			t.Errorf("%d and %d machines are left", x, y)
		}
	})
}

func TestTheResponderIsFoundByHostAndPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := newWorlds(t, Config{DialRetry: time.Second}, "b.test")
		r := b.dial(roleResponder, b.query(roleResponder, nil))
		r.want("info fsm_up")
		for _, wrong := range []map[string]string{{"host": "localhost"}, {"host": "b.test", "port": "13180"}} {
			i := a.dial(roleInitiator, a.query(roleInitiator, wrong))
			time.Sleep(10 * time.Second)
			i.want("info fsm_up")
			i.conn.Close()
			r.want()
		}
		i := a.dial(roleInitiator, a.query(roleInitiator, map[string]string{"host": "b.test"}))
		i.want("info fsm_up", "info channel_accept", "sign.initiator_sign")
		r.want("info channel_open")
	})
}

// fsm.md 7: the initiator always ends with its link, the responder unless it
// was told to keep running.
func TestACutLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, link := newWorlds(t, Config{})
		i, r := openBetween(a, b, map[string]string{"keep_running": "false"})
		link.Cut()
		i.want("info died", "close 1000")
		r.want("info died", "close 1000")
		if x, y := a.node.Channels(), b.node.Channels(); x+y != 0 {
			t.Errorf("%d and %d machines are left", x, y)
		}
	})
}

func TestACutLinkWithAResponderThatKeepsRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, link := newWorlds(t, Config{DialRetry: time.Second})
		i, r := openBetween(a, b, map[string]string{"keep_running": "true"})
		i.transfer(1)
		i.sign(i.want("sign.update")[0])
		r.want("info update", "sign.update_ack")
		link.Cut()
		i.want("info died", "close 1000")
		r.want("info peer_disconnected")

		// While the link is cut nobody answers; afterwards both go on where they
		// were, without the transfer.
		again := i.reestablish(i.fsmID)
		again.want("info fsm_up")
		time.Sleep(5 * time.Second)
		again.want()
		r.want()
		link.Mend()
		time.Sleep(time.Second)
		again.want("info channel_reestablished", "info open", "update")
		r.want("info channel_reestablished", "info open", "update")
		again.transfer(2)
		again.sign(again.want("sign.update")[0])
		r.sign(r.want("info update", "sign.update_ack")[1])
		again.want("update")
		if round := r.want("update")[0]; round.Update == nil {
			t.Error("no state after the transfer")
		}
		link.Cut()
		again.want("info died", "close 1000")
		r.want("info peer_disconnected")
	})
}

func TestACutLinkDuringTheOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, link := newWorlds(t, Config{DialRetry: time.Second})
		link.Cut()
		r := b.dial(roleResponder, b.query(roleResponder, nil))
		r.want("info fsm_up")
		i := a.dial(roleInitiator, a.query(roleInitiator, nil))
		time.Sleep(10 * time.Second)
		i.want("info fsm_up")
		link.Mend()
		time.Sleep(time.Second)
		i.want("info channel_accept", "sign.initiator_sign")
		r.want("info channel_open")
		link.Cut()
		i.want("info died", "close 1000")
		r.want("info died", "close 1000")
	})
}

// A link cut away from a channel does nothing to it.
func TestOnlyTheLinkBetweenTheSidesCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, link := newWorlds(t, Config{})
		i, r := b.open(nil)
		link.Cut()
		a.node.Network().Link(a.node, a.node).Cut()
		i.want()
		r.want()
		link = a.node.Network().Link(b.node, b.node)
		link.Cut()
		i.want("info died", "close 1000")
		r.want("info died", "close 1000")
	})
}

// Two transfers 20 ms apart, each side answering what it is asked: without a
// delay the second side has heard of the first one's transfer, and both are
// signed; on a slow link both propose, and both are told of the conflict.
func TestADelayedLinkMakesBothSidesPropose(t *testing.T) {
	race := func(delay time.Duration) (seen map[role][]string) {
		seen = make(map[role][]string)
		synctest.Test(t, func(t *testing.T) {
			a, b, link := newWorlds(t, Config{})
			i, r := openBetween(a, b, nil)
			link.SetDelay(delay)
			answer := func(c *client) {
				names, frames := c.drain()
				seen[c.role] = append(seen[c.role], names...)
				for _, f := range frames {
					if f.Sign != nil {
						c.sign(f)
					}
				}
			}
			i.transfer(1)
			answer(i)
			time.Sleep(20 * time.Millisecond)
			answer(r)
			synctest.Wait()
			r.transfer(1)
			answer(r)
			for range 4 {
				time.Sleep(time.Second)
				answer(i)
				answer(r)
			}
		})
		return seen
	}
	for _, c := range []struct {
		delay time.Duration
		want  map[role][]string
	}{
		{0, map[role][]string{
			roleInitiator: {"sign.update", "update", "info update", "sign.update_ack", "update"},
			roleResponder: {"info update", "sign.update_ack", "update", "sign.update", "update"},
		}},
		{50 * time.Millisecond, map[role][]string{
			roleInitiator: {"sign.update", "conflict 2"},
			roleResponder: {"sign.update", "conflict 2"},
		}},
	} {
		if got := race(c.delay); !maps.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("delay %v: got %v, want %v", c.delay, got, c.want)
		}
	}
}

func TestADelayIsThatOfEachMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, link := newWorlds(t, Config{})
		i, r := openBetween(a, b, nil)
		link.SetDelay(300 * time.Millisecond)
		start := time.Now()
		i.transfer(1)
		i.sign(i.want("sign.update")[0])
		r.want()
		time.Sleep(300 * time.Millisecond)
		r.sign(r.want("info update", "sign.update_ack")[1])
		r.want("update")
		i.want()
		link.SetDelay(0) // does not let a later message overtake
		r.send(`{"jsonrpc":"2.0","method":"channels.message","params":{"to":%q,"info":"hello"}}`, b.keys[0].ID())
		i.want()
		time.Sleep(300 * time.Millisecond)
		i.want("update", "message")
		if took := time.Since(start); took != 600*time.Millisecond {
			t.Errorf("took %v", took)
		}
		r.send(`{"jsonrpc":"2.0","method":"channels.message","params":{"to":%q,"info":"hello"}}`, b.keys[0].ID())
		i.want("message")
		// What is under way when the link is cut is lost.
		link.SetDelay(time.Second)
		r.send(`{"jsonrpc":"2.0","method":"channels.message","params":{"to":%q,"info":"lost"}}`, b.keys[0].ID())
		link.Cut()
		i.want("info died", "close 1000")
		time.Sleep(2 * time.Second)
	})
}

// A node that ends takes its side of the channel with it, and the network goes on.
func TestANodeOfANetworkEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := newWorlds(t, Config{})
		i, r := openBetween(a, b, map[string]string{"keep_running": "true"})
		if err := a.node.Close(); err != nil {
			t.Error(err)
		}
		i.drain()
		r.want("info peer_disconnected")
		before := b.node.Height()
		b.node.MineKeyBlocks(2)
		if h := b.node.Height(); h != before+2 {
			t.Errorf("height %d after two blocks on %d", h, before)
		}
	})
}

func TestSocketsBeyondTheLimitWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{MaxSockets: 2})
		i, r := w.open(nil)
		answered := make(chan *client)
		go func() { answered <- w.dial(roleResponder, w.query(roleResponder, map[string]string{"port": "13180"})) }()
		time.Sleep(30 * time.Second)
		select {
		case <-answered:
			t.Fatal("a third socket was served")
		default:
		}
		stopBoth(i, r)
		synctest.Wait()
		(<-answered).want("info fsm_up")
	})
}
