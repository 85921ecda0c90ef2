package bot

import "github.com/gorilla/websocket"

// messages returns the whole text messages among frames that a step writes as
// bytes. It also says whether a node need not read what is sent after them: one
// closes the connection, breaks the rules or is not complete, so that what
// follows is taken for its rest (RFC 6455, 5.2 to 5.5).
func messages(b []byte) (texts [][]byte, spoils bool) {
	var message []byte
	open, text := false, false // a message that has begun, of text
	for len(b) >= 2 {
		opcode, final := int(b[0]&0x0f), b[0]&0x80 != 0
		size, head := int(b[1]&0x7f), 2
		switch {
		case opcode == websocket.CloseMessage || size == 127: // longer than a step can be
			return texts, true
		case size == 126 && len(b) >= 4:
			size, head = int(b[2])<<8|int(b[3]), 4
		}
		mask := head
		masked := b[1]&0x80 != 0
		if masked {
			head += 4
		}
		if len(b) < head+size {
			return texts, true
		}
		payload := make([]byte, size)
		for i := range payload {
			if payload[i] = b[head+i]; masked {
				payload[i] ^= b[mask+i%4]
			}
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
