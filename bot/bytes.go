package bot

import "github.com/gorilla/websocket"

// messages returns the whole text messages among frames that a step writes as
// bytes. It also says whether a node need not read what is sent after them, and
// may end the socket as it likes: one closes the connection, breaks the rules or
// is not complete, so that what follows is taken for its rest (RFC 6455, 5.1 to
// 5.5).
func messages(b []byte) (texts [][]byte, spoils bool) {
	var message []byte
	open, text := false, false // a message that has begun, of text
	for len(b) >= 2 {
		opcode, final := int(b[0]&0x0f), b[0]&0x80 != 0
		size, head := int(b[1]&0x7f), 2
		switch {
		case opcode == websocket.CloseMessage || size == 127: // longer than a step can be
			return texts, true
		case forbidden(b[0], b[1]):
			return texts, true
		case size == 126 && len(b) >= 4:
			size, head = int(b[2])<<8|int(b[3]), 4
		}
		mask := head
		head += 4
		if len(b) < head+size {
			return texts, true
		}
		payload := make([]byte, size)
		for i := range payload {
			payload[i] = b[head+i] ^ b[mask+i%4]
		}
		b = b[head+size:]
		switch {
		case opcode >= websocket.CloseMessage: // between the frames of a message, too
			continue
		case (opcode == 0) != open:
			return texts, true
		case opcode != 0:
			message, text = nil, opcode == websocket.TextMessage
		}
		message, open = append(message, payload...), !final
		if final && text {
			texts = append(texts, message)
		}
	}
	return texts, len(b) > 0 || open
}

// forbidden reports whether no client may send a frame with these first two bytes:
// it has a reserved bit or opcode, or no mask, or is a control frame that is cut
// or too long.
func forbidden(first, second byte) bool {
	opcode := int(first & 0x0f)
	control := opcode >= websocket.CloseMessage
	switch {
	case first&0x70 != 0, second&0x80 == 0:
		return true
	case opcode > websocket.PongMessage, opcode > websocket.BinaryMessage && !control:
		return true
	}
	return control && (first&0x80 == 0 || second&0x7f > 125)
}
