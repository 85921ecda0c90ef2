package simnode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/internal/memnet"
	"chanbot/results"
	"chanbot/session"
	"chanbot/simnode"
	"chanbot/wire"
)

const network = "ae_dev"

// replay plays one recording against a node. It goes through the entries in
// their order and at their time: it does what the clients did, and before it
// goes on waits for every frame that came. Ids, keys and transactions of the
// recording are replaced by those of this run.
type replay struct {
	t       *testing.T
	node    *simnode.Node
	net     *memnet.Listener
	start   time.Time
	late    time.Duration // how much the replay is behind the recording
	sides   map[string]*replaySide
	mapping *mapping
	entries []session.Entry
	at      int    // the entry that is played
	steps   []step // what was done and seen, for the comparison
	unsent  []int  // entries that were recorded but never reached the node
	stopped string // the side that asked first to stop
	how     treatment
}

// replaySide is the socket of one side and everything that came on it.
type replaySide struct {
	// conns are the open sockets. A second one may be refused, or displace the
	// first; the newest is the one in use.
	conns []*websocket.Conn

	mu     sync.Mutex
	events []event // frames and closes
	pings  int     // sent and not answered yet

	want int // how many events the recording says must have come by now
	// tail is set when this side has asked to stop after the other one did. From
	// then on its answer and died come in any order, or no answer (sequences/32).
	tail bool
}

// event is something that came on a socket.
type event struct {
	session.Entry
	conn *websocket.Conn
}

// step is an entry of the recording: what the replay did, or, for what came from
// the node, which event of its side it must be.
type step struct {
	entry session.Entry
	event int // -1 for what was done
}

// replayRecording plays a recording and returns what went differently.
func replayRecording(t *testing.T, entries []session.Entry, how treatment) []string {
	if how.edit != nil {
		entries = how.edit(entries)
	}
	config := simnode.Config{Blocks: simnode.Manual, Latency: time.Millisecond}
	if how.config != nil {
		how.config(&config)
	}
	r := &replay{
		t: t, net: memnet.New(), start: time.Now(), entries: entries, how: how,
		node:    simnode.New(config),
		sides:   make(map[string]*replaySide),
		mapping: newMapping(t.Name()),
	}
	for _, id := range r.mapping.accounts(entries) {
		r.node.Endow(id, new(big.Int).Exp(big.NewInt(10), big.NewInt(24), nil))
	}
	server := &http.Server{Handler: r.node}
	served := make(chan error, 1)
	go func() { served <- server.Serve(r.net) }()
	defer func() {
		for _, s := range r.sides {
			for _, c := range s.conns {
				c.Close()
			}
		}
		if err := r.node.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		<-served
	}()
	r.node.MineKeyBlocks(100)
	for i, e := range entries {
		r.at = i
		if err := r.play(e); err != nil {
			return append([]string{fmt.Sprintf("entry %d, %s %s: %v", i, e.Side, e.Dir, err)}, r.compare(entries[:i+1])...)
		}
	}
	time.Sleep(work)
	synctest.Wait()
	return r.compare(entries)
}

func (r *replay) side(name string) *replaySide {
	s := r.sides[name]
	if s == nil {
		s = new(replaySide)
		r.sides[name] = s
	}
	return s
}

// play carries out one entry.
func (r *replay) play(e session.Entry) error {
	if wait := e.T + r.late - time.Since(r.start); wait > 0 {
		time.Sleep(wait)
	}
	s := r.side(e.Side)
	switch e.Dir {
	case results.DirConnect:
		return r.connect(s, e)
	case results.DirOut:
		return r.send(s, e)
	case results.DirPing:
		return s.ping()
	case results.DirPong:
		if s.outstanding() == 0 { // the driver of some recordings left its pings out
			if err := s.ping(); err != nil {
				return err
			}
		}
		return r.await(e, func() bool { return s.outstanding() == 0 })
	case results.DirIn:
		return r.expect(s, e)
	case results.DirClose:
		return r.closed(s, e)
	case results.DirNote:
		return r.note(string(e.Text()))
	}
	return nil
}

// send sends a frame of a client.
func (r *replay) send(s *replaySide, e session.Entry) error {
	text := r.mapping.request(e)
	if bytes.Contains(text, []byte(`"stop"`)) {
		if r.dropsNext(e.Side) {
			r.unsent = append(r.unsent, r.at)
			return nil // the driver asked to stop after it had begun to close
		}
		r.stop(s, e.Side)
	}
	r.did(e, results.FrameOf(text))
	err := s.write(websocket.TextMessage, text)
	synctest.Wait()
	return err
}

// dropsNext tells whether the client of a side closes its socket as the next
// thing that happens on it.
func (r *replay) dropsNext(side string) bool {
	for _, e := range r.entries[r.at+1:] {
		if e.Side == side {
			return dropped(e)
		}
	}
	return false
}

// dropped tells whether an entry is the end of a socket that its client closed.
func dropped(e session.Entry) bool {
	c, ok := e.Close()
	return ok && c.Code == websocket.CloseNoStatusReceived
}

// drop closes the socket of the next client that closes soon: what is awaited
// may be an effect of it, because a recording shows the end of the closing.
func (r *replay) drop() error {
	const soon = 3 * time.Second
	for _, e := range r.entries[r.at+1:] {
		switch {
		case e.T > r.entries[r.at].T+soon:
			return nil
		case dropped(e):
			return r.side(e.Side).write(websocket.CloseMessage, nil)
		}
	}
	return nil
}

func (s *replaySide) ping() error {
	s.mu.Lock()
	s.pings++
	s.mu.Unlock()
	return s.write(websocket.PingMessage, nil)
}

func (s *replaySide) outstanding() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pings
}

func (r *replay) did(e session.Entry, frame json.RawMessage) {
	e.Frame = frame
	r.steps = append(r.steps, step{e, -1})
}

// stop notes that a side asks to stop.
func (r *replay) stop(s *replaySide, side string) {
	if r.stopped == "" {
		r.stopped = side
	}
	s.tail = side != r.stopped
}

func (s *replaySide) write(kind int, b []byte) error {
	if len(s.conns) == 0 {
		return nil // nor had the recorded client a socket any more
	}
	err := s.conns[len(s.conns)-1].WriteMessage(kind, b)
	if errors.Is(err, websocket.ErrCloseSent) || s.tail {
		return nil // it crossed the node's close, as a client's frame may
	}
	return err
}

// connect opens a socket. Its frames are read in the background.
func (r *replay) connect(s *replaySide, e session.Entry) error {
	u := r.mapping.url(string(e.Text()))
	r.did(e, results.FrameOf([]byte(u)))
	d := websocket.Dialer{NetDialContext: r.net.DialContext}
	conn, resp, err := d.Dial(u, nil)
	if err != nil {
		if resp == nil {
			return err
		}
		return nil // a plain HTTP answer
	}
	s.conns = append(s.conns, conn)
	conn.SetPongHandler(func(string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pings--
		return nil
	})
	go func() {
		for {
			_, b, err := conn.ReadMessage()
			if err != nil {
				code := websocket.CloseAbnormalClosure
				if ce, ok := errors.AsType[*websocket.CloseError](err); ok {
					code = ce.Code
				}
				conn.Close()
				s.add(event{session.Entry{Side: e.Side, Dir: results.DirClose, Frame: fmt.Appendf(nil, `{"code":%d,"reason":""}`, code)}, conn})
				return
			}
			s.add(event{session.Entry{Side: e.Side, Dir: results.DirIn, Frame: results.FrameOf(b)}, conn})
		}
	}()
	return nil
}

func (s *replaySide) add(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// expect waits for the frame that the recording shows and learns from it.
func (r *replay) expect(s *replaySide, e session.Entry) error {
	if s.tail {
		synctest.Wait()
		return nil
	}
	got, err := r.next(s, e)
	if err != nil {
		return err
	}
	want, have := name(e), name(got.Entry)
	if want != have && r.may(want) { // it did not come, and need not
		s.want--
		r.steps = r.steps[:len(r.steps)-1]
		return nil
	}
	if want != have && r.may(have) { // it came besides
		return r.expect(s, e)
	}
	if want != have {
		return fmt.Errorf("got %s, want %s", have, want)
	}
	r.mapping.learn(e.Side, e.Frame, got.Frame)
	return nil
}

// may tells whether a frame may come or not.
func (r *replay) may(name string) bool { return slices.Contains(r.how.optional, name) }

// next waits for the next event of a side.
func (r *replay) next(s *replaySide, e session.Entry) (event, error) {
	at := s.want
	s.want++
	r.steps = append(r.steps, step{e, at})
	err := r.await(e, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.events) > at
	})
	if err != nil {
		return event{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[at], nil
}

// closed closes the socket like the client did, or waits for the node to.
func (r *replay) closed(s *replaySide, e session.Entry) error {
	if s.tail {
		s.tail, s.conns = false, nil
		return r.await(e, func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			for s.want < len(s.events) {
				r.steps = append(r.steps, step{e, s.want})
				s.want++
			}
			return s.want > 0 && s.events[s.want-1].Dir == results.DirClose
		})
	}
	if dropped(e) {
		if err := s.write(websocket.CloseMessage, nil); err != nil {
			return err
		}
	}
	got, err := r.next(s, e)
	if err != nil {
		return err
	}
	if want, have := name(e), name(got.Entry); want != have {
		return fmt.Errorf("got %s, want %s", have, want)
	}
	s.conns = slices.DeleteFunc(s.conns, func(c *websocket.Conn) bool { return c == got.conn })
	return nil
}

func name(e session.Entry) string {
	switch e.Dir {
	case results.DirIn:
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		return f.Name()
	case results.DirClose:
		c, _ := e.Close()
		return fmt.Sprintf("close %d", c.Code)
	}
	return e.Dir
}

var blocksPass = regexp.MustCompile(`^(\d+) key blocks pass`)

// note does what a note of the driver says happened.
func (r *replay) note(text string) error {
	if m := blocksPass.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return err
		}
		r.node.MineKeyBlocks(n)
	}
	if text == "ws ping sent while blocked" {
		return r.side("initiator").ping()
	}
	return nil
}
