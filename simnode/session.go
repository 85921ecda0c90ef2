package simnode

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/tx"
	"chanbot/wire"

	"github.com/gorilla/websocket"
)

// session is one client socket. One goroutine reads it and handles its requests
// strictly one at a time: a call of the machine that is not answered yet blocks
// everything else on the socket, also notifications and pongs (fsm.md 3.3).
type session struct {
	node *Node
	conn *websocket.Conn
	out  *gather // what conn writes to
	in   *instance

	// lastHeard is when the client last sent any frame, in nanoseconds of the
	// node's clock; spoke whether it ever did.
	lastHeard atomic.Int64
	spoke     atomic.Bool
	idle      *time.Timer

	answers chan answer // the machine's answer to the call; room for the one

	// frames are handled one at a time, by the node's crew when it is crowded.
	reading io.Reader  // of the frame
	handled chan error // the frame is; room for the one

	mu       sync.Mutex
	queue    []outFrame
	calling  bool        // a request is being handled: only what was queued before it may be written
	mark     int         // while calling, how much of queue that is
	answered bool        // while calling, the answer is in queue and nothing is waited for any more
	flushing bool        // a goroutine is writing
	ended    bool        // the machine has ended; its last frames are in the queue or about to be
	closing  int         // close code to send once the queue is empty, 0 for none
	gone     bool        // nothing can be written any more
	channel  string      // the id that the last written frame carried
	lastly   *time.Timer // closes the connection some time after the close frame
}

type outFrame struct {
	bytes []byte
	// channel is set when the frame is the first to carry the channel id.
	channel string
}

// closeWait is how long a closing socket is read on, so that what was written
// reaches a client that still sends.
const closeWait = 2 * time.Second

func newSession(n *Node, conn *websocket.Conn, out *gather) *session {
	s := &session{node: n, conn: conn, out: out, answers: make(chan answer, 1), handled: make(chan error, 1)}
	out.idle = s.flush
	s.heard()
	s.spoke.Store(false)
	conn.SetReadLimit(n.cfg.readLimit())
	ping := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		s.heard()
		if slices.ContainsFunc(n.bent, func(h hooks) bool { return h.node.pings != nil && !h.node.pings(s) }) {
			return nil
		}
		return ping(data)
	})
	pong := conn.PongHandler()
	conn.SetPongHandler(func(data string) error {
		s.heard()
		return pong(data)
	})
	s.idle = time.AfterFunc(n.cfg.idleTimeout(), s.checkIdle)
	return s
}

func (s *session) heard() {
	s.lastHeard.Store(int64(time.Since(s.node.started)))
	s.spoke.Store(true)
}

// checkIdle closes a socket whose client has been silent for too long (ws-api 1).
// Nobody looks at one that is blocked, however long that is (fsm 3.3).
func (s *session) checkIdle() {
	if s.isBlocked() {
		s.idle.Reset(s.node.cfg.idleTimeout())
		return
	}
	silent := time.Since(s.node.started) - time.Duration(s.lastHeard.Load())
	if left := s.node.cfg.idleTimeout() - silent; left > 0 {
		s.idle.Reset(left)
		return
	}
	s.close(websocket.CloseNormalClosure)
}

// serve reads the socket until it ends.
func (s *session) serve() {
	defer func() {
		s.idle.Stop()
		s.mu.Lock()
		s.gone, s.queue = true, nil
		lastly := s.lastly
		s.mu.Unlock()
		if lastly != nil {
			lastly.Stop()
		}
		s.conn.Close()
		if s.in != nil {
			s.in.detach(s)
		}
	}()
	for {
		kind, r, err := s.conn.NextReader()
		if err != nil {
			return
		}
		if kind != websocket.TextMessage {
			if _, err := io.Copy(io.Discard, r); err != nil {
				return
			}
			s.heard()
			continue
		}
		s.reading = r
		if s.node.crowded.Load() {
			s.node.crew.do(task{s: s})
			err = <-s.handled
		} else {
			err = s.frame()
		}
		if err != nil {
			return
		}
	}
}

// frame reads and handles one text frame. The error is that of the socket.
func (s *session) frame() error {
	room := takeRoom()
	defer giveRoom(room)
	b, err := readAll(*room, s.reading)
	*room = b
	if err != nil {
		return err
	}
	s.heard()
	if !s.isClosing() && !s.handle(b) {
		s.close(websocket.CloseInternalServerErr)
	}
	s.heard() // what was sent while the request waited is read from now on
	return nil
}

// readAll is io.ReadAll into given room.
func readAll(room []byte, r io.Reader) ([]byte, error) {
	for {
		if len(room) == cap(room) {
			room = slices.Grow(room, firstRoom)
		}
		n, err := r.Read(room[len(room):cap(room)])
		room = room[:len(room)+n]
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return room, err
		}
	}
}

// isBlocked says that a request is being handled.
func (s *session) isBlocked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calling
}

func (s *session) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing != 0
}

// handle serves one text frame and keeps nothing of it. It returns false when
// the machine ended under a waiting request.
func (s *session) handle(b []byte) bool {
	if slices.ContainsFunc(s.node.bent, func(h hooks) bool { return h.node.frame != nil && !h.node.frame(s, b) }) {
		return true
	}
	reqs, batch, ok := wire.ParseRequests(b)
	if !ok {
		return true // dropped without a word (ws-api 3.1)
	}
	s.hold()
	defer s.resume()
	if s.hasEnded() && !stops(&reqs[0]) {
		return true
	}
	if batch {
		return s.batch(reqs)
	}
	a, then := s.request(&reqs[0])
	if a.gone {
		return false
	}
	if frame := appendAnswer(nil, &reqs[0], a, s.channelID()); s.node.bent != nil {
		s.bendAnswer(&reqs[0], a, frame)
	} else {
		s.put(frame)
	}
	if then != nil {
		s.node.dispatch(s.in, *then, nil)
	}
	return true
}

// batch answers several requests in one frame. When one of them has an answer
// of its own, those that merely succeeded get none (ws-api 3.1).
func (s *session) batch(reqs []wire.Request) bool {
	var own, oks [][]byte
	for i := range reqs {
		a, then := s.request(&reqs[i])
		if a.gone {
			return false
		}
		out := appendAnswer(nil, &reqs[i], a, s.channelID())
		switch {
		case out == nil:
		case a.code == 0 && a.result == nil:
			oks = append(oks, out)
		default:
			own = append(own, out)
		}
		if then != nil {
			s.node.dispatch(s.in, *then, nil)
		}
	}
	if len(own) == 0 {
		own = oks
	}
	s.put(joinBatch(own))
	return true
}

func joinBatch(answers [][]byte) []byte {
	switch len(answers) {
	case 0:
		return nil
	case 1:
		return answers[0]
	}
	out := []byte{'['}
	for i, a := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, a...)
	}
	return append(out, ']')
}

// appendAnswer writes the frame for an answer, or nothing: an action without an
// id that worked gets no answer (ws-api 3.2).
func appendAnswer(dst []byte, r *wire.Request, a answer, channel string) []byte {
	switch {
	case a.silent:
		return dst
	case a.code != 0:
		return wire.AppendError(dst, r.ID, channel, a.code, a.sub, r.Raw)
	case a.result == nil && r.ID == nil:
		return dst
	case a.result == nil:
		return wire.AppendOK(dst, r.ID, channel)
	case r.ID != nil:
		return wire.AppendResult(dst, r.ID, channel, a.result)
	}
	return wire.AppendNotification(dst, channel, replyMethod(r), a.result)
}

func replyMethod(r *wire.Request) string {
	if r.Method == wire.MethodSystem {
		return wire.MethodSystemPong
	}
	return wire.ReplyMethod(r.Method)
}

// request serves one request. The event, if any, is for the machine once the
// answer is on its way.
func (s *session) request(r *wire.Request) (answer, *event) {
	if tag, signs := answeredTag(r.Method); signs {
		return s.signing(r, tag)
	}
	if s.node.cfg.Era == Era2020 && r.Method == wire.MethodHistoryFetch {
		return answer{code: wire.CodeMethodNotFound}, nil // since 2020-05 (ws-api 9, row 9)
	}
	c, refusal := decodeRequest(r)
	for _, h := range s.node.bent {
		if h.node.decoded != nil {
			refusal = h.node.decoded(&c, refusal)
		}
	}
	switch {
	case refusal != nil:
		return *refusal, nil
	case r.Method != wire.MethodSystem:
		return s.call(event{kind: evRequest, request: &c}), nil
	}
	p, _ := paramsOf(r)
	switch action, _ := wire.Text(p["action"]); action {
	case wire.ActionPing:
		return answer{result: []byte(`{"action":"system","tag":"pong"}`)}, nil
	case wire.ActionStop:
		return s.call(event{kind: evStop}), nil
	}
	return answer{code: wire.CodeMethodNotFound}, nil
}

// answeredTag returns the sign tag that a method answers. channels.snapshot_solo_tx
// is read as an answer, but its tag matches no request (ws-api 5).
func answeredTag(method string) (string, bool) {
	if method == wire.MethodSnapshotSoloTx {
		return "", true
	}
	tag := wire.AnsweredTag(method)
	return tag, tag != ""
}

// signing serves the answer to a signing request: a signature is acknowledged
// before and regardless of what the machine makes of it (ws-api 3.4).
func (s *session) signing(r *wire.Request, tag string) (answer, *event) {
	if r.HasSignedTx {
		b, err := tx.DecodeAs(tx.PrefixTransaction, r.SignedTx)
		if err != nil {
			return rejected(wire.CodeBrokenTransaction), nil
		}
		signed, err := tx.DecodeSigned(b)
		if err != nil {
			return answer{}, nil // no transaction inside: acknowledged and forgotten
		}
		return answer{}, &event{kind: evSigned, tag: tag, signed: signed}
	}
	if r.Abort == nil {
		return answer{code: wire.CodeMethodNotFound}, nil
	}
	code, ok := abortCode(r.Abort)
	if !ok {
		return internalError(), nil
	}
	return s.call(event{kind: evRequest, request: &clientRequest{method: r.Method, abort: true, tag: tag, code: code}}), nil
}

// call asks the machine and waits for its answer, as long as that takes.
func (s *session) call(ev event) answer {
	if !s.node.dispatch(s.in, ev, s) {
		return goneAnswer(ev)
	}
	return <-s.answers
}

// goneAnswer is what a call finds when the machine has ended already: stop has
// reached its goal, anything else gets no answer before the close.
func goneAnswer(ev event) answer {
	if ev.kind == evStop {
		return answer{}
	}
	return answer{silent: true}
}
