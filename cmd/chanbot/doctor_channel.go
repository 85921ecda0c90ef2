package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/tx"
	"chanbot/wire"
)

// probe is what became of a socket that was opened to see what happens.
type probe struct {
	frame  *wire.Frame // the first one; nil when there was none
	closed int         // the close code in place of a frame; 0 when there was none
	status int         // of HTTP, instead of a WebSocket
	err    error       // anything else
	took   time.Duration
}

// refused says that the node refused the parameters, as it should. It has then
// given the socket a slot and taken it back.
func (p *probe) refused() bool {
	return p.frame != nil && p.frame.Error != nil && len(p.frame.Error.Data) > 0 && p.frame.Error.Data[0].Code == wire.CodeValueTooLow
}

// String says what came.
func (p *probe) String() string {
	switch {
	case p.frame != nil:
		return p.frame.Name()
	case p.closed != 0:
		return fmt.Sprintf("closed with %d and no frame", p.closed)
	case p.status != 0:
		return fmt.Sprintf("HTTP %d %s instead of a WebSocket", p.status, http.StatusText(p.status))
	}
	return p.err.Error()
}

// refusedQuery asks for a channel that the node refuses before it looks at
// anything else: both sides have less than the reserve (ws-api 2.1).
func refusedQuery() url.Values {
	key := func(name string) string { return tx.DeriveKeyPair([]byte("chanbot doctor"), name).ID().String() }
	return url.Values{
		"protocol": {"json-rpc"}, "role": {"initiator"}, "host": {"localhost"}, "port": {"13179"},
		"initiator_id": {key("initiator")}, "responder_id": {key("responder")},
		"initiator_amount": {"0"}, "responder_amount": {"0"}, "push_amount": {"0"}, "channel_reserve": {"1"}, "lock_period": {"10"},
	}
}

// probe opens a socket, waits for the first frame and hangs up. A socket that
// is connected waits for start, if there is one, before its handshake.
func (d *doctor) probe(ctx context.Context, query url.Values, connected func()) (p probe) {
	ctx, cancel := context.WithTimeout(ctx, d.o.patience)
	defer cancel()
	began := time.Now()
	dialer := websocket.Dialer{
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := d.guard.Dial(ctx, network, addr)
			if connected != nil {
				connected()
				began = time.Now()
			}
			return conn, err
		},
		TLSClientConfig: d.s.tls,
	}
	u, err := url.Parse(d.o.node)
	if err != nil {
		return probe{err: err}
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/channel"
	}
	u.RawQuery = query.Encode()
	conn, resp, err := dialer.DialContext(ctx, u.String(), d.s.header)
	switch {
	case err != nil && resp != nil && errors.Is(err, websocket.ErrBadHandshake):
		return probe{status: resp.StatusCode}
	case err != nil && (ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded)):
		return probe{err: fmt.Errorf("no answer to the handshake within %v", d.o.patience)}
	case err != nil:
		return probe{err: err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetReadLimit(1 << 20)
	_, b, err := conn.ReadMessage()
	p.took = time.Since(began)
	if end, ok := errors.AsType[*websocket.CloseError](err); ok {
		p.closed = end.Code
		return p
	}
	if err != nil {
		p.err = err
		if ctx.Err() != nil {
			p.err = fmt.Errorf("connected, and no frame within %v", d.o.patience)
		}
		return p
	}
	p.frame = new(wire.DecodeFrame(b))
	// A polite end; the node may have closed already.
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	return p
}

// checkChannel asks for a channel that must be refused.
func (d *doctor) checkChannel(ctx context.Context) {
	if d.barred {
		return
	}
	p := d.probe(ctx, refusedQuery(), nil)
	switch {
	case p.refused():
		d.report.add("channel API", fine, fmt.Sprintf("refuses a wrong request as it should, after %v", rounded(p.took)), "")
		return
	case p.frame != nil:
		d.report.add("channel API", warning, "answers a wrong request with "+p.String()+", and error 105 was expected", "is this an aeternity node?")
		return
	}
	d.barred = true
	advice := "is this the channel API (path /channel, port 3014 by default), and does a proxy let WebSockets through?"
	switch {
	case p.status == http.StatusUnauthorized || p.status == http.StatusForbidden:
		advice = "somebody in front of the node wants credentials: --header 'Authorization: …'"
	case p.closed == websocket.CloseNormalClosure:
		advice = "a node that is loaded already closes sockets like this when all set-up slots are taken; try again"
	case p.err != nil && strings.Contains(p.err.Error(), "handshake within"):
		advice = "a node with as many sockets as it takes answers when one of them ends; try again"
	case p.err != nil && strings.Contains(p.err.Error(), "no frame within"):
		advice = "clients that have reconnected keep set-up slots; is the node loaded already?"
	case p.err != nil && strings.Contains(p.err.Error(), "certificate"):
		advice = "--ca names the certificate of a private authority"
	}
	d.report.add("channel API", failed, p.String(), advice)
}

// runsAtOnce is how many sockets a run sets up at one time.
const runsAtOnce = 10

// checkSetups opens some sockets at the same moment, each with a request that is
// refused at once, and counts those that got their refusal.
func (d *doctor) checkSetups(ctx context.Context) {
	if d.barred {
		return
	}
	const usual = "real nodes set up 10 at a time, 5 more wait (regulators.sc_ws_handlers)"
	if d.o.burst == 0 {
		d.report.add("set-ups", unknown, "left out with --burst 0; "+usual, "")
		return
	}
	probes := make([]probe, d.o.burst)
	var ready, done sync.WaitGroup
	ready.Add(d.o.burst)
	for i := range probes {
		done.Go(func() {
			var once sync.Once
			arrived := func() { once.Do(ready.Done) }
			probes[i] = d.probe(ctx, refusedQuery(), func() {
				arrived()
				ready.Wait()
			})
			arrived() // it did not get as far as that
		})
	}
	done.Wait()
	answered, closed, other := 0, 0, 0
	slowest := time.Duration(0)
	for i := range probes {
		switch p := &probes[i]; {
		case p.refused():
			answered++
			slowest = max(slowest, p.took)
		case p.closed != 0:
			closed++
		default:
			other++
		}
	}
	text := fmt.Sprintf("of %s at once, %d were answered within %v", count(d.o.burst, "socket"), answered, rounded(slowest))
	if closed > 0 {
		text += fmt.Sprintf(", %d closed without a frame", closed)
	}
	if other > 0 {
		text += fmt.Sprintf(", %d not answered", other)
	}
	switch {
	case answered == d.o.burst:
		d.report.add("set-ups", fine, text, "")
	case answered < min(runsAtOnce, d.pairs):
		d.report.add("set-ups", failed, text, fmt.Sprintf("run opens up to %d channels at once, and some would be refused; raise regulators.sc_ws_handlers, or run fewer --pairs", runsAtOnce))
	default:
		d.report.add("set-ups", fine, text+"; run opens at most "+strconv.Itoa(runsAtOnce)+" channels at once", "")
	}
}

// checkMachine starts one machine, that of a responder who waits, and ends it
// by hanging up: nothing comes on the chain.
func (d *doctor) checkMachine(ctx context.Context) {
	if d.barred || !d.funded {
		return
	}
	keys, err := d.c.keys(d.s, &target{networkID: d.networkID}, d.s.pairs)
	if err != nil {
		return // the accounts were a finding
	}
	port := 13179
	if d.s.responderPort != 0 {
		port = d.s.responderPort
	}
	q := refusedQuery()
	q.Set("role", "responder")
	q.Set("port", strconv.Itoa(port))
	q.Set("initiator_id", keys[0].ID().String())
	q.Set("responder_id", keys[1].ID().String())
	q.Set("channel_reserve", "0")
	p := d.probe(ctx, q, nil)
	switch f := p.frame; {
	case f != nil && f.Info != nil && f.Info.Event == wire.EventFSMUp:
		d.report.add("responder", fine, fmt.Sprintf("a machine waits on port %d after %v", port, rounded(p.took)), "")
	case f != nil && f.Error != nil && f.Error.Code == wire.CodeInternalError:
		d.full = true
		d.report.add("responder", failed, fmt.Sprintf("the node starts no machine on port %d: error %d", port, f.Error.Code),
			"it has as many as it takes (channels.max_count), or something else listens on that port: --responder-port")
	default:
		d.report.add("responder", failed, "the node starts no machine: "+p.String(), "")
	}
}
