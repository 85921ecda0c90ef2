package fault

import (
	"strings"

	"github.com/gorilla/websocket"

	"chanbot/wire"
)

// name is how rules call a message that goes in a direction. scratch is memory
// for its payload, which is returned.
func (m *message) name(d Direction, scratch []byte) (string, []byte) {
	switch m.opcode {
	case websocket.CloseMessage:
		return "close", scratch
	case websocket.PingMessage:
		return "ping", scratch
	case websocket.PongMessage:
		return "pong", scratch
	case websocket.BinaryMessage:
		return "binary", scratch
	}
	scratch = m.payload(scratch[:0])
	if d == In {
		f := wire.DecodeFrame(scratch)
		return f.Name(), scratch
	}
	return requestName(scratch), scratch
}

// requestName is the name of what a client sends.
func requestName(b []byte) string {
	reqs, batch, ok := wire.ParseRequests(b)
	switch {
	case batch:
		return "batch"
	case !ok:
		return "invalid"
	}
	method := strings.TrimPrefix(reqs[0].Method, "channels.")
	if reqs[0].Abort != nil && !reqs[0].HasSignedTx {
		return "abort " + method
	}
	return method
}
