package simnode

import (
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// The writing half of a session. Frames are queued by whoever runs a machine,
// and written by one goroutine at a time: the reader for what its own request
// caused, else one that lives as long as there is something to write.

// hold keeps notifications back until the request that begins now is answered.
func (s *session) hold() {
	s.mu.Lock()
	s.calling = true
	s.mark = len(s.queue)
	s.mu.Unlock()
}

// put queues the answer to the request: behind what was queued before the
// request, before everything that the request has caused (ws-api 3.4).
func (s *session) put(frame []byte) {
	if frame == nil {
		return
	}
	s.mu.Lock()
	s.queue = slices.Insert(s.queue, s.mark, outFrame{bytes: frame})
	s.mark++
	s.mu.Unlock()
}

// resume ends hold and writes what is queued.
func (s *session) resume() {
	s.mu.Lock()
	s.calling = false
	write := s.startFlushLocked()
	s.mu.Unlock()
	if write {
		s.flush()
	}
}

// push queues a notification. It never blocks.
func (s *session) push(frame []byte, channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.closing != 0 {
		return
	}
	s.queue = append(s.queue, outFrame{frame, channel})
	s.kickLocked()
}

// close sends a close frame with the code once everything queued is written.
func (s *session) close(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.closing != 0 {
		return
	}
	s.closing = code
	s.kickLocked()
}

// abandon closes with the code and drops what the machine still had to say.
func (s *session) abandon(code int) {
	s.mu.Lock()
	s.queue = s.queue[:min(s.mark, len(s.queue))]
	s.closing = code
	s.mu.Unlock()
}

// kill ends the connection without a close frame, as a displaced client's ends.
func (s *session) kill() { s.conn.UnderlyingConn().Close() }

// channelID is the id that an answer to the present request carries: the one
// in the last frame before it (ws-api 3.3).
func (s *session) channelID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := min(s.mark, len(s.queue)) - 1; i >= 0; i-- {
		if c := s.queue[i].channel; c != "" {
			return c
		}
	}
	return s.channel
}

func (s *session) kickLocked() {
	if s.startFlushLocked() {
		s.node.crew.do(task{s: s, write: true})
	}
}

// startFlushLocked tells whether the caller has to start flush.
func (s *session) startFlushLocked() bool {
	if s.flushing || s.gone || s.calling && s.mark == 0 {
		return false
	}
	if len(s.queue) == 0 && s.closing == 0 {
		return false
	}
	s.flushing = true
	return true
}

// flush writes until nothing may be written any more.
func (s *session) flush() {
	for {
		s.mu.Lock()
		n := len(s.queue)
		if s.calling {
			n = min(n, s.mark)
		}
		batch := s.queue[:n:n]
		if n == len(s.queue) {
			s.queue = nil
		} else {
			s.queue = s.queue[n:]
		}
		s.mark = max(0, s.mark-n)
		for _, f := range batch {
			if f.channel != "" {
				s.channel = f.channel
			}
		}
		code := 0
		if n == 0 {
			if !s.calling {
				code = s.closing
			}
			s.flushing = code != 0 // a sent close frame is the last thing written
		}
		s.mu.Unlock()
		if n == 0 {
			if code != 0 {
				s.sendClose(code)
			}
			return
		}
		if err := s.write(batch); err != nil {
			s.mu.Lock()
			s.gone, s.queue = true, nil
			s.mu.Unlock()
			s.conn.Close() // the reader notices and tells the machine
			return
		}
	}
}

// together is how many frames leave in one piece at most.
const together = 16

// write sends frames, as many as possible in one piece.
func (s *session) write(batch []outFrame) error {
	for i, f := range batch {
		s.out.hold(i < len(batch)-1 && (i+1)%together != 0)
		if err := s.conn.WriteMessage(websocket.TextMessage, f.bytes); err != nil {
			s.out.drain() // those before, and a close frame
			return err
		}
	}
	return nil
}

// sendClose ends the socket politely; the reader goes on until the client has
// closed its side, for a bounded time.
func (s *session) sendClose(code int) {
	deadline := time.Now().Add(closeWait)
	err := s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), deadline)
	if err != nil {
		s.conn.Close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gone {
		s.lastly = time.AfterFunc(closeWait, func() { s.conn.Close() })
	}
}
