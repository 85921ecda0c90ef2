package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// channel is a client of both sides of one channel that does the least a client
// can do: one goroutine sends, signs what it is asked to, and reads what it has
// to. It loads a node without taking the CPU that a bot takes.
type channel struct {
	sides [2]*side
	next  int // who proposes the next transfer
	done  int // transfers
}

type side struct {
	role      outcome.Role
	key       tx.KeyPair
	networkID string
	conn      *websocket.Conn
	buf       []byte
	transfer  []byte // the request
	stop      func() bool
}

// frameLimit is how long a frame that is waited for may take.
const frameLimit = 60 * time.Second

var buffers sync.Pool

// openChannel opens a channel between the nth pair of accounts and waits until
// both sides are open. It is cut when the context ends.
func openChannel(ctx context.Context, node, networkID string, n int) (*channel, error) {
	c := new(channel)
	keys := [2]tx.KeyPair{}
	for i, r := range outcome.Roles {
		keys[i] = tx.DeriveKeyPair([]byte("bench "+strconv.Itoa(n)), r.String())
	}
	for _, i := range []int{1, 0} { // the responder has to wait for the initiator
		s := &side{role: outcome.Roles[i], key: keys[i], networkID: networkID}
		s.transfer = wire.AppendCall(nil, nil, &wire.UpdateNew{From: keys[i].ID().String(), To: keys[1-i].ID().String(), Amount: one})
		c.sides[i] = s
		if err := s.connect(ctx, node, keys); err != nil {
			c.close()
			return nil, err
		}
	}
	for i, tag := range []string{wire.TagInitiatorSign, wire.TagResponderSign} {
		if err := c.sides[i].sign(tag); err != nil {
			c.close()
			return nil, err
		}
	}
	for _, s := range c.sides {
		if _, err := s.await(func(f *wire.Frame) bool { return f.Update != nil }); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (s *side) connect(ctx context.Context, node string, keys [2]tx.KeyPair) error {
	q := url.Values{
		"protocol": {"json-rpc"}, "role": {s.role.String()}, "host": {"localhost"}, "port": {"13179"},
		"initiator_id": {keys[0].ID().String()}, "responder_id": {keys[1].ID().String()},
		"initiator_amount": {"70000000000000"}, "responder_amount": {"40000000000000"}, "push_amount": {"1"},
		"channel_reserve": {"2"}, "lock_period": {"10"},
	}
	d := websocket.Dialer{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &buffers, HandshakeTimeout: frameLimit}
	conn, resp, err := d.DialContext(ctx, node+"/channel?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	s.conn = conn
	s.stop = context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever reads is told
	_, err = s.await(func(f *wire.Frame) bool { return f.Info != nil && f.Info.Event == wire.EventFSMUp })
	return err
}

// await reads until the frame that is wanted; what comes before it is left
// alone unless it tells that something went wrong.
func (s *side) await(wanted func(*wire.Frame) bool) (wire.Frame, error) {
	for {
		_, b, err := s.conn.ReadMessage()
		if err != nil {
			return wire.Frame{}, fmt.Errorf("%v: %w", s.role, err)
		}
		f := wire.DecodeFrame(b)
		switch {
		case wanted(&f):
			return f, nil
		case f.Error != nil, f.Conflict != nil, f.Info != nil && f.Info.Event == wire.EventDied:
			return f, fmt.Errorf("%v: the node sent %s", s.role, f.Raw)
		}
	}
}

// sign waits for a request to sign and answers it.
func (s *side) sign(tag string) error {
	f, err := s.await(func(f *wire.Frame) bool { return f.Sign != nil && f.Sign.Tag == tag })
	if err != nil {
		return err
	}
	t, err := tx.ParseSigned(f.Sign.SignedTx)
	if err != nil {
		return err
	}
	s.buf = wire.AppendSigned(s.buf[:0], wire.IntID(1), tag, t.Sign(s.key, s.networkID, tx.Raw).Text())
	return s.conn.WriteMessage(websocket.TextMessage, s.buf)
}

// transferOnce makes one transfer; the two sides take turns in proposing.
func (c *channel) transferOnce() error {
	from, to := c.sides[c.next], c.sides[1-c.next]
	c.next = 1 - c.next
	if err := from.conn.WriteMessage(websocket.TextMessage, from.transfer); err != nil {
		return err
	}
	if err := from.sign(wire.TagUpdate); err != nil {
		return err
	}
	if err := to.sign(wire.TagUpdateAck); err != nil {
		return err
	}
	for _, s := range []*side{to, from} {
		if _, err := s.await(func(f *wire.Frame) bool { return f.Update != nil }); err != nil {
			return err
		}
	}
	c.done++
	return nil
}

// close cuts both connections.
func (c *channel) close() {
	for _, s := range c.sides {
		if s != nil && s.conn != nil {
			s.stop()
			_ = s.conn.Close() // nothing is waited for any more
		}
	}
}
