package bot

import (
	"context"
	"errors"
	"net"
)

// maxHandshake is how many bytes a node may take to answer a handshake, the
// certificates of a TLS connection included. The HTTP reader behind it has no
// limit of its own.
const maxHandshake = 256 << 10

var errLongHandshake = errors.New("the answer to the handshake is longer than 262144 bytes")

// handshake watches a connection until it is a WebSocket. Without it a node that
// accepts and says nothing would be waited for after the context is cancelled,
// because the WebSocket library looks at its deadline only.
type handshake struct {
	conn net.Conn    // nil until it is dialled
	stop func() bool // ends the watching; false when the context was done before
}

// watch makes dial one whose connection is closed when the context of the
// handshake is done. It may be called once.
func (h *handshake) watch(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		if s, ok := conn.(*steady); ok {
			s.opening.Store(true)
		}
		h.conn, h.stop = conn, context.AfterFunc(ctx, func() { conn.Close() })
		return conn, nil
	}
}

// end ends the watching. It says whether the connection may be used.
func (h *handshake) end() bool {
	if h.conn == nil {
		return true
	}
	if s, ok := h.conn.(*steady); ok {
		s.opening.Store(false)
	}
	return h.stop()
}
