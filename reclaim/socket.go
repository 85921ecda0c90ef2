package reclaim

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// UnreachableError says that no connection to the channel API came about, which
// is something else than a node that does not know the channel any more.
type UnreachableError struct {
	Node string // the URL, without its query
	Err  error
}

// Error names the node and the reason.
func (e *UnreachableError) Error() string { return "connect to " + e.Node + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }

const (
	readLimit    = 16 << 20
	writeTimeout = 10 * time.Second
	answerTime   = 10 * time.Second // of a node to a connection, and to a request that it cannot postpone
	pingEvery    = 20 * time.Second
)

// party is one side of a link. A party without a socket has none yet, or has
// lost it.
type party struct {
	role outcome.Role
	key  tx.KeyPair
	conn *websocket.Conn
	live bool  // it came back to a machine that was still running
	up   bool  // fsm_up has come on this socket
	open bool  // the channel was announced as open or closing on this socket
	lost error // why the socket has ended
	num  int   // of the socket
}

// link is both sides of a channel. One goroutine drives it; one more for each
// socket reads.
type link struct {
	*job
	sides  [2]*party
	events chan event // unbuffered: readers wait for the one who drives
	done   chan struct{}
	wg     sync.WaitGroup
	nextID int64
}

// event is what came on a socket: a frame, or its end.
type event struct {
	side  *party
	num   int
	frame wire.Frame
	err   error
}

func (j *job) newLink() *link {
	l := &link{job: j, events: make(chan event), done: make(chan struct{}), nextID: 1}
	for i, role := range outcome.Roles {
		l.sides[i] = &party{role: role, key: j.keys[i]}
	}
	return l
}

// close ends the sockets and waits for their readers.
func (l *link) close() {
	close(l.done)
	for _, p := range l.sides {
		if p.conn != nil {
			p.conn.Close()
		}
	}
	l.wg.Wait()
}

// query returns the parameters for coming back to the channel.
func (l *link) query(p *party) url.Values {
	q := url.Values{}
	q.Set("protocol", "json-rpc")
	q.Set("role", p.role.String())
	q.Set("port", strconv.Itoa(l.Port))
	if p.role == outcome.Initiator {
		q.Set("host", l.Host)
	}
	q.Set("existing_channel_id", l.known.Channel)
	q.Set("existing_fsm_id", l.known.FSMIDs[p.role.Index()])
	return q
}

// dial opens the socket of a side.
func (l *link) dial(ctx context.Context, p *party) error {
	node := l.Nodes[p.role.Index()]
	d := websocket.Dialer{NetDialContext: l.Dial, TLSClientConfig: l.TLS, HandshakeTimeout: answerTime}
	conn, resp, err := d.DialContext(ctx, node+"?"+l.query(p).Encode(), l.Header)
	if err != nil {
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			err = fmt.Errorf("HTTP %s instead of a WebSocket", resp.Status)
		}
		return &UnreachableError{Node: node, Err: err}
	}
	conn.SetReadLimit(readLimit)
	p.conn, p.up, p.open, p.lost = conn, false, false, nil
	p.num++
	num := p.num
	stop := make(chan struct{})
	l.wg.Go(func() {
		defer close(stop)
		for {
			_, raw, err := conn.ReadMessage()
			ev := event{side: p, num: num, err: err}
			if err == nil {
				ev.frame = wire.DecodeFrame(raw)
			}
			select {
			case l.events <- ev:
			case <-l.done:
				return
			}
			if err != nil {
				return
			}
		}
	})
	l.wg.Go(func() {
		t := time.NewTicker(pingEvery)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				// A ping that cannot be written tells nothing that reading does not.
				_ = conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
			case <-stop:
				return
			case <-l.done:
				return
			}
		}
	})
	return nil
}

// errQuiet is the error of [link.next] when nothing comes in time.
var errQuiet = errors.New("the node says nothing")

// next returns what comes next, and remembers what it tells. It returns errQuiet
// when end has passed.
func (l *link) next(ctx context.Context, end time.Time) (event, error) {
	t := time.NewTimer(time.Until(end))
	defer t.Stop()
	for {
		select {
		case ev := <-l.events:
			if ev.num != ev.side.num {
				continue // of a socket that was given up
			}
			l.note(&ev)
			return ev, nil
		case <-t.C:
			return event{}, errQuiet
		case <-ctx.Done():
			return event{}, context.Cause(ctx)
		}
	}
}

// note keeps what an event tells.
func (l *link) note(ev *event) {
	p, f := ev.side, &ev.frame
	if ev.err != nil {
		p.lost = ev.err
		p.conn.Close()
		p.conn = nil
		return
	}
	switch {
	case f.Update != nil:
		l.keepState(f.Update.State, nil)
	case f.OnChainTx != nil && f.OnChainTx.Info == wire.OnChainChannelClosed:
		l.keep(results.ChannelRecord{Closed: true})
	case f.Info == nil:
	case f.Info.Event == wire.EventFSMUp:
		p.up = true
		i := p.role.Index()
		p.live = f.Info.FSMID == l.known.FSMIDs[i]
		if !p.live && f.Info.FSMID != "" {
			r := results.ChannelRecord{} // the old one opens nothing any more
			r.FSMIDs[i] = f.Info.FSMID
			l.keep(r)
		}
	case f.Info.Event == wire.EventOpen, f.Info.Event == wire.EventClosing:
		p.open = true
	case f.Info.Event == wire.EventDied:
		p.lost = errors.New("the channel has died")
	}
}

// send puts a frame on the socket of a side.
func (l *link) send(p *party, raw []byte) error {
	if p.conn == nil {
		return p.gone()
	}
	if err := p.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return p.conn.WriteMessage(websocket.TextMessage, raw)
}

// here says that a side has a socket whose channel lives.
func (p *party) here() bool { return p.conn != nil && p.up && p.lost == nil }

// gone says why a side is not there.
func (p *party) gone() error {
	if p.lost == nil {
		return fmt.Errorf("the %s is not connected", p.role)
	}
	return fmt.Errorf("the %s: %w", p.role, p.lost)
}

func (l *link) requestID() wire.ID {
	l.nextID++
	return wire.IntID(l.nextID)
}
