package bot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/fault"
	"chanbot/outcome"
	"chanbot/wire"
)

const (
	// readLimit is the largest frame that is taken from a node. The API has
	// none that comes near it.
	readLimit = 16 << 20
	// writeTimeout ends a socket whose node takes no bytes any more, or up to
	// deadlineLife more than that.
	writeTimeout = 10 * time.Second
	// closeTimeout is how long the node may take to answer a close.
	closeTimeout = time.Second
	// freshPace is how long one goroutine reads at least. To grow the stack of
	// another one takes as long as to read some frames.
	freshPace = 2 * time.Second
	// busySigns is how many requests to sign within freshPace make a socket busy:
	// then all the stacks it would take cost more than the one that it keeps.
	busySigns = 4
	// bufferSize is that of the buffers of a connection. Frames may be larger.
	bufferSize = 1 << 10
)

// writeBuffers are shared by all sockets of the process, because few of them
// write at one time.
var writeBuffers sync.Pool

// outgoingKind is what is done with the bytes of an outgoing.
type outgoingKind uint8

const (
	outText outgoingKind = iota
	outBinary
	outRaw   // past the framing
	outClose // a close frame; the reader then waits for the node's
	outReset // the connection is cut
	outHalf  // the own direction of it ends; the reader waits for the node's end
)

type outgoing struct {
	kind outgoingKind
	data []byte
}

// socket is one WebSocket connection of an end. Its pair's lock guards all its
// fields except conn, which one goroutine reads and the one that set writing
// writes, and until.
type socket struct {
	end  *end
	conn *websocket.Conn

	queue   []outgoing // what waits to be written, in order
	spare   []outgoing // the memory of the queue before
	writing bool       // somebody writes and will look at queue again
	broken  bool       // nothing is written any more
	until   time.Time  // the write deadline; that of the one that writes

	signs int           // how many signatures it was asked for since fresh
	fresh time.Duration // when it was looked at last whether another goroutine should read on

	lastOut  time.Duration // when the last frame was queued
	pinger   *time.Timer
	giveUp   *time.Timer // runs while a close is not answered
	pings    int         // written
	pongs    int         // of them answered, at least
	probe    wire.ID     // of the first request behind a ping that was not answered; nil for none
	ownClose bool        // this end closes, or has cut the connection
	ownCut   bool        // without a close frame
}

// dialer connects to nodes.
type dialer struct {
	ws     websocket.Dialer
	header http.Header
	proxy  *fault.Proxy // nil for none
}

func newDialer(dial func(context.Context, string, string) (net.Conn, error), tlsConfig *tls.Config, header http.Header) *dialer {
	return &dialer{
		ws: websocket.Dialer{
			NetDialContext:   dialSteady(dial),
			TLSClientConfig:  tlsConfig,
			HandshakeTimeout: 30 * time.Second,
			ReadBufferSize:   bufferSize,
			WriteBufferSize:  bufferSize,
			WriteBufferPool:  &writeBuffers,
		},
		header: header,
	}
}

// handshakeError is an HTTP answer instead of an upgrade.
type handshakeError struct {
	status int
	header http.Header
	body   []byte
}

// Error names the HTTP status.
func (e *handshakeError) Error() string {
	return fmt.Sprintf("HTTP %d %s instead of a WebSocket", e.status, http.StatusText(e.status))
}

// dial opens a connection of one side of a pair. The error is a *handshakeError when the node
// answered with something else than an upgrade.
func (d *dialer) dial(ctx context.Context, url string, pair int, role outcome.Role) (*websocket.Conn, error) {
	var shake handshake
	ws := d.ws
	ws.NetDialContext = shake.watch(ctx, d.ws.NetDialContext)
	if d.proxy != nil {
		inner := fault.DialFunc(ws.NetDialContext)
		ws.NetDialContext = d.proxy.Dial(inner, pair, role)
		ws.NetDialTLSContext = d.proxy.DialTLS(inner, d.ws.TLSClientConfig, pair, role)
	}
	conn, resp, err := ws.DialContext(ctx, url, d.header)
	if !shake.end() && ctx.Err() != nil {
		if err == nil {
			conn.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 1024))
			return nil, &handshakeError{status: resp.StatusCode, header: resp.Header, body: body}
		}
		return nil, err
	}
	conn.SetReadLimit(readLimit)
	return conn, nil
}

// readBuffers hold frames while they are read.
var readBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// readFrame returns a message in memory of its own.
func readFrame(r io.Reader) (frame []byte, err error) {
	room := readBuffers.Get().(*[]byte)
	b := (*room)[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == nil {
			continue
		}
		if err == io.EOF {
			err = nil
		}
		frame = append(make([]byte, 0, len(b)), b...)
		if cap(b) <= 64<<10 {
			*room = b[:0]
			readBuffers.Put(room)
		}
		return frame, err
	}
}

// write puts one outgoing on the wire. After an error the socket is dead.
func (s *socket) write(o outgoing) error {
	switch o.kind {
	case outReset:
		reset(s.conn.NetConn())
		return nil
	case outHalf:
		if half, ok := s.conn.NetConn().(interface{ CloseWrite() error }); ok {
			return half.CloseWrite()
		}
		return s.conn.Close()
	case outClose:
		return s.conn.WriteControl(websocket.CloseMessage, o.data, time.Now().Add(closeTimeout))
	case outRaw:
		nc := s.conn.NetConn()
		if err := nc.SetWriteDeadline(s.deadline()); err != nil {
			return err
		}
		_, err := nc.Write(o.data)
		return err
	}
	kind := websocket.TextMessage
	if o.kind == outBinary {
		kind = websocket.BinaryMessage
	}
	if err := s.conn.SetWriteDeadline(s.deadline()); err != nil {
		return err
	}
	return s.conn.WriteMessage(kind, o.data)
}

// reset cuts a connection so that the peer's reads fail at once.
func reset(c net.Conn) {
	inner := c
	if t, ok := c.(*tls.Conn); ok {
		inner = t.NetConn()
	}
	if l, ok := inner.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0)
	}
	inner.Close()
}

// fragments returns a text message cut into WebSocket frames of its own, masked
// with zeros as RFC 6455 allows.
func fragments(parts []string) []byte {
	var b []byte
	for i, part := range parts {
		head := byte(0)
		if i == 0 {
			head = websocket.TextMessage
		}
		if i == len(parts)-1 {
			head |= 0x80
		}
		b = fault.AppendFrame(b, head, part, fault.NoMask)
	}
	return b
}

// ending is why a socket ended.
type ending struct {
	code   int    // of the close frame; 1006 when there was none
	reason string // of the close frame, or what went wrong in words
	// rule is the rule of the WebSocket protocol that the node broke, "" when
	// it broke none.
	rule, expected string
	err            error // what the reader returned
}

// endingOf reads the error that ended the reading of a socket.
func endingOf(err error) ending {
	how := readEnding(err)
	how.err = err
	return how
}

func readEnding(err error) ending {
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		if c.Code == websocket.CloseAbnormalClosure {
			return ending{code: 1006, reason: "the connection ended without a close"}
		}
		return ending{code: c.Code, reason: c.Text}
	}
	text := err.Error()
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return ending{code: 1006, reason: "a frame over the limit", rule: ruleFrameSize, expected: "a frame of at most 16777216 bytes"}
	case errors.Is(err, net.ErrClosed):
		return ending{code: 1006, reason: "closed by chanbot"}
	case strings.HasPrefix(text, "websocket: "):
		return ending{code: 1006, reason: text, rule: ruleFraming, expected: "frames as in RFC 6455"}
	}
	return ending{code: 1006, reason: text}
}
