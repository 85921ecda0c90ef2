package simnode

import (
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// The writing half of a session. Frames are queued by whoever runs a machine,
// and written by one goroutine at a time: the one that handles the client's
// request for what that has caused, else the one that ran the machine. Writing
// never waits (gather); what a slow client does not take is written by the crew.

// hold keeps notifications back until the request that begins now is answered.
func (s *session) hold() {
	s.mu.Lock()
	s.calling, s.answered = true, false
	s.mark = len(s.queue)
	s.mu.Unlock()
}

// put queues the answer to the request: behind what was queued before the
// request, before everything that the request has caused (ws-api 3.4). Nothing is
// waited for behind it, so that all of it leaves together when resume writes.
func (s *session) put(frame []byte) {
	if frame == nil {
		return
	}
	s.mu.Lock()
	s.queue = slices.Insert(s.queue, s.mark, outFrame{bytes: frame})
	s.mark++
	s.answered = true
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

// notify queues a notification; work gets the session if the caller has to write
// it.
func (s *session) notify(frame []byte, channel string, work *worklist) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.closing != 0 {
		return
	}
	s.queue = append(s.queue, outFrame{frame, channel})
	if s.startFlushLocked() {
		work.sessions = append(work.sessions, s)
	}
}

// push queues a notification and writes it.
func (s *session) push(frame []byte, channel string) {
	var work worklist
	s.notify(frame, channel, &work)
	work.drain()
}

// end makes a close frame with the code the last thing that is written; work
// gets the session if the caller has to write.
func (s *session) end(code int, work *worklist) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.closing != 0 {
		return
	}
	s.closing = code
	if s.startFlushLocked() {
		work.sessions = append(work.sessions, s)
	}
}

// close sends a close frame with the code once everything queued is written.
func (s *session) close(code int) {
	var work worklist
	s.end(code, &work)
	work.drain()
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

// startFlushLocked tells whether the caller has to start flush.
func (s *session) startFlushLocked() bool {
	if s.flushing || s.gone || s.calling && (s.mark == 0 || s.answered) {
		return false
	}
	if len(s.queue) == 0 && s.closing == 0 {
		return false
	}
	s.flushing = true
	return true
}

// flush writes until nothing may be written any more. While the client takes
// nothing it leaves that to the crew, which calls it again.
func (s *session) flush() {
	for !s.out.busy() {
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
			s.out.release() // those before, and a close frame
			return err
		}
		if s.node.bent == nil { // else a defect may have kept it
			giveRoom(&f.bytes)
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
