package fault

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/gorilla/websocket"
)

// What a scanner holds at most: the head of a handshake, and a message. What is
// larger passes as it is, and so does everything behind it.
const (
	maxHead    = 64 << 10
	maxMessage = 32 << 20
)

// kind is what a scanner has found.
type kind uint8

const (
	kindData  kind = iota // a text or binary message with all its fragments
	kindFrame             // a ping, pong or close
	kindPlain             // bytes that are no WebSocket frames
)

// message is a piece of one direction that passes or does not as a whole.
type message struct {
	kind   kind
	opcode byte   // of its first frame
	raw    []byte // as it came
	parts  []part // its frames
}

// part is where the payload of a frame lies in the raw bytes of its message.
type part struct {
	from, to int
	masked   bool
	mask     [4]byte
}

// scanner cuts the bytes of one direction into messages. It is a plain value
// with one caller.
type scanner struct {
	head  bool // the handshake is not over
	seen  int  // how much of it has no end
	plain bool // no WebSocket from here on

	buf   []byte // what came; at is where the next frame begins
	at    int
	parts []part // of the message that next returned

	partial      []byte // the frames of a message that is not complete
	partialParts []part
	opcode       byte
	delivered    bool // partial was returned and can be used again
}

// newScanner returns a scanner for a connection whose handshake is to come.
func newScanner() scanner { return scanner{head: true} }

// room returns n bytes of memory at the end of what came; took tells how many
// of them were filled. Messages that next has returned are gone.
func (s *scanner) room(n int) []byte {
	if s.at > 0 {
		rest := s.buf[s.at:]
		s.buf, s.at = append(kept(s.buf), rest...), 0
	}
	s.buf = slices.Grow(s.buf, n)
	return s.buf[len(s.buf) : len(s.buf)+n]
}

func (s *scanner) took(n int) { s.buf = s.buf[:len(s.buf)+n] }

// add takes bytes that came.
func (s *scanner) add(b []byte) {
	copy(s.room(len(b)), b)
	s.took(len(b))
}

// next returns the next message that is complete. It is valid until more bytes
// are added.
func (s *scanner) next() (m message, ok bool) {
	if s.delivered {
		s.partial, s.partialParts, s.delivered = s.partial[:0], s.partialParts[:0], false
	}
	for {
		rest := s.buf[s.at:]
		switch {
		case len(rest) == 0:
			return message{}, false
		case s.plain:
			s.at = len(s.buf)
			return message{kind: kindPlain, raw: rest}, true
		case s.head:
			return s.handshake(rest)
		}
		f, size := frameAt(rest)
		switch {
		case size == 0:
			return message{}, false
		case size < 0 || size > maxMessage || len(s.partial)+size > maxMessage || !s.fits(f):
			return s.giveUp(), true
		case size > len(rest):
			return message{}, false
		}
		s.at += size
		if f.opcode >= websocket.CloseMessage {
			s.parts = append(s.parts[:0], f.part)
			return message{kind: kindFrame, opcode: f.opcode, raw: rest[:size], parts: s.parts}, true
		}
		if f.final && len(s.partial) == 0 {
			s.parts = append(s.parts[:0], f.part)
			return message{kind: kindData, opcode: f.opcode, raw: rest[:size], parts: s.parts}, true
		}
		if len(s.partial) == 0 {
			s.opcode = f.opcode
		}
		f.part.from += len(s.partial)
		f.part.to += len(s.partial)
		s.partial = append(s.partial, rest[:size]...)
		s.partialParts = append(s.partialParts, f.part)
		if f.final {
			s.delivered = true
			return message{kind: kindData, opcode: s.opcode, raw: s.partial, parts: s.partialParts}, true
		}
	}
}

// rest returns what is left when the direction ends: the beginning of a message.
func (s *scanner) rest() []byte {
	if s.delivered {
		s.partial, s.delivered = nil, false
	}
	left := slices.Concat(s.partial, s.buf[s.at:])
	s.partial, s.partialParts, s.buf, s.at = nil, nil, nil, 0
	return left
}

// giveUp returns everything that is there; what follows is plain.
func (s *scanner) giveUp() message {
	s.plain = true
	return message{kind: kindPlain, raw: s.rest()}
}

// handshake returns the head of the HTTP request or answer. Behind an answer
// that is no upgrade there are no frames.
func (s *scanner) handshake(rest []byte) (message, bool) {
	end := bytes.Index(rest[s.seen:], []byte("\r\n\r\n"))
	if end < 0 {
		s.seen = max(len(rest)-3, 0)
		if len(rest) > maxHead {
			return s.giveUp(), true
		}
		return message{}, false
	}
	end += s.seen + 4
	s.at += end
	s.head = false
	if bytes.HasPrefix(rest, []byte("HTTP/")) && !bytes.HasPrefix(rest, []byte("HTTP/1.1 101 ")) {
		s.plain = true
	}
	return message{kind: kindPlain, raw: rest[:end]}, true
}

// frame is the head of a WebSocket frame (RFC 6455, section 5.2).
type frame struct {
	opcode byte
	final  bool
	part   part
}

// frameAt reads the frame at the beginning of b. The size is 0 when its head is
// not complete, and negative when it is none.
func frameAt(b []byte) (f frame, size int) {
	if len(b) < 2 {
		return f, 0
	}
	f.opcode, f.final, f.part.masked = b[0]&0xf, b[0]&0x80 != 0, b[1]&0x80 != 0
	if b[0]&0x70 != 0 {
		return f, -1
	}
	at, n := 2, uint64(b[1]&0x7f)
	switch n {
	case 126:
		if len(b) < 4 {
			return f, 0
		}
		at, n = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return f, 0
		}
		at, n = 10, binary.BigEndian.Uint64(b[2:])
	}
	if f.part.masked {
		if len(b) < at+4 {
			return f, 0
		}
		f.part.mask = [4]byte(b[at:])
		at += 4
	}
	if n > maxMessage {
		return f, maxMessage + 1
	}
	f.part.from, f.part.to = at, at+int(n)
	return f, f.part.to
}

// fits tells whether a frame may come now (RFC 6455, section 5.4).
func (s *scanner) fits(f frame) bool {
	switch f.opcode {
	case 0:
		return len(s.partial) > 0
	case websocket.TextMessage, websocket.BinaryMessage:
		return len(s.partial) == 0
	case websocket.CloseMessage, websocket.PingMessage, websocket.PongMessage:
		return f.final && f.part.to-f.part.from <= 125
	}
	return false
}

// payload appends what a message says, unmasked.
func (m *message) payload(dst []byte) []byte {
	for _, p := range m.parts {
		at := len(dst)
		dst = append(dst, m.raw[p.from:p.to]...)
		if p.masked {
			for i := range dst[at:] {
				dst[at+i] ^= p.mask[i&3]
			}
		}
	}
	return dst
}

// size is the number of bytes of the payload.
func (m *message) size() int {
	n := 0
	for _, p := range m.parts {
		n += p.to - p.from
	}
	return n
}

// final is the bit of the first byte of the last frame of a message.
const final = 0x80

// NoMask is the mask that leaves a payload as it is, which a client may use, too.
var NoMask = new([4]byte)

// AppendFrame appends a WebSocket frame (RFC 6455, 5.2). The first byte is its
// opcode and whether it ends a message; mask is nil from a node.
func AppendFrame[T string | []byte](dst []byte, first byte, payload T, mask *[4]byte) []byte {
	dst = append(dst, first)
	bit := byte(0)
	if mask != nil {
		bit = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, bit|byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, bit|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, bit|127), uint64(n))
	}
	if mask == nil {
		return append(dst, payload...)
	}
	dst = append(dst, mask[:]...)
	at := len(dst)
	dst = append(dst, payload...)
	for i := range dst[at:] {
		dst[at+i] ^= mask[i&3]
	}
	return dst
}
