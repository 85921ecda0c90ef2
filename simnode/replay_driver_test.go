package simnode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
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
}

// replaySide is the socket of one side and everything that came on it.
type replaySide struct {
	conn *websocket.Conn

	mu     sync.Mutex
	events []session.Entry // in, close
	pongs  int

	want []session.Entry // what the recording says must have come by now
	done []step          // what was done and seen, for the comparison
}

// step is an entry of the recording: what the replay did, or, for what came from
// the node, which event it must be.
type step struct {
	entry session.Entry
	event int // index into events, -1 for what was done
}

// replayRecording plays a recording and returns what went differently.
func replayRecording(t *testing.T, entries []session.Entry) []string {
	r := &replay{
		t: t, net: memnet.New(), start: time.Now(),
		node:    simnode.New(simnode.Config{Blocks: simnode.Manual}),
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
			if s.conn != nil {
				s.conn.Close()
			}
		}
		r.node.Close()
		server.Close()
		<-served
	}()
	for i, e := range entries {
		if err := r.play(e); err != nil {
			return append([]string{fmt.Sprintf("entry %d, %s %s: %v", i, e.Side, e.Dir, err)}, r.compare(entries[:i+1])...)
		}
	}
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
		text := r.mapping.request(e)
		s.did(e, results.FrameOf(text))
		return s.write(websocket.TextMessage, text)
	case results.DirPing:
		return s.write(websocket.PingMessage, nil)
	case results.DirPong:
		s.want = append(s.want, e)
		return r.await(e, func() bool { return s.count(&s.pongs) > 0 })
	case results.DirIn:
		return r.expect(s, e)
	case results.DirClose:
		return r.closed(s, e)
	case results.DirNote:
		r.note(string(e.Text()))
	}
	return nil
}

func (s *replaySide) count(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

func (s *replaySide) did(e session.Entry, frame json.RawMessage) {
	e.Frame = frame
	s.done = append(s.done, step{e, -1})
}

func (s *replaySide) write(kind int, b []byte) error {
	if s.conn == nil {
		return errors.New("there is no socket")
	}
	err := s.conn.WriteMessage(kind, b)
	if errors.Is(err, websocket.ErrCloseSent) {
		return nil // it crossed the node's close, as a client's frame may
	}
	return err
}

// connect opens a socket. Its frames are read in the background.
func (r *replay) connect(s *replaySide, e session.Entry) error {
	u := r.mapping.url(string(e.Text()))
	s.did(e, results.FrameOf([]byte(u)))
	d := websocket.Dialer{NetDialContext: r.net.DialContext}
	conn, resp, err := d.Dial(u, nil)
	if err != nil {
		if resp == nil {
			return err
		}
		s.add(session.Entry{Side: e.Side, Dir: results.DirHTTP, Frame: fmt.Appendf(nil, "%d", resp.StatusCode)})
		return nil
	}
	s.conn = conn
	conn.SetPongHandler(func(string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pongs++
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
				s.add(session.Entry{Side: e.Side, Dir: results.DirClose, Frame: fmt.Appendf(nil, `{"code":%d,"reason":""}`, code)})
				return
			}
			s.add(session.Entry{Side: e.Side, Dir: results.DirIn, Frame: results.FrameOf(b)})
		}
	}()
	return nil
}

func (s *replaySide) add(e session.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// expect waits for the frame that the recording shows and learns from it.
func (r *replay) expect(s *replaySide, e session.Entry) error {
	got, err := r.next(s, e)
	if err != nil {
		return err
	}
	want, have := name(e), name(got)
	if want != have {
		return fmt.Errorf("got %s, want %s", have, want)
	}
	r.mapping.learn(e.Side, e.Frame, got.Frame)
	return nil
}

// next waits for the next event of a side.
func (r *replay) next(s *replaySide, e session.Entry) (session.Entry, error) {
	at := len(s.want)
	s.want = append(s.want, e)
	s.done = append(s.done, step{e, at})
	err := r.await(e, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.events) > at
	})
	if err != nil {
		return session.Entry{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[at], nil
}

// closed closes the socket like the client did, or waits for the node to.
func (r *replay) closed(s *replaySide, e session.Entry) error {
	if c, _ := e.Close(); c.Code == websocket.CloseNoStatusReceived && s.conn != nil {
		if err := s.write(websocket.CloseMessage, nil); err != nil {
			return err
		}
	}
	_, err := r.next(s, e)
	return err
}

// What an awaited frame may need: blocks of either kind.
var (
	needsDepth = map[string]bool{
		"info own_funding_locked": true, "info own_deposit_locked": true, "info own_withdraw_locked": true,
		"info closed_confirmed": true, "info min_depth_achieved": true, "info minimum_depth_achieved": true,
	}
	needsBlock = map[string]bool{
		"on_chain_tx channel_changed": true, "on_chain_tx channel_closed": true, "on_chain_tx solo_closing": true,
		"on_chain_tx can_slash": true, "on_chain_tx can_snapshot": true, "on_chain_tx consumed_forced_progress": true,
	}
)

// The bounds of waiting for a frame: key blocks that are made for it, and time
// that passes beyond the recording's.
const (
	mostBlocks = 40
	patience   = 3 * time.Second
)

// await lets the node work until came is true: at once, with the blocks that
// the frame needs, or with some more time.
func (r *replay) await(e session.Entry, came func() bool) error {
	synctest.Wait()
	if came() {
		return nil
	}
	n := name(e)
	if needsBlock[n] {
		r.node.MineMicroBlock()
		synctest.Wait()
	}
	if needsBlock[n] || needsDepth[n] {
		for range mostBlocks {
			if came() {
				return nil
			}
			r.node.MineKeyBlocks(1)
			synctest.Wait()
		}
	}
	began := time.Now()
	for time.Since(began) < patience {
		if came() {
			r.late += time.Since(began)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
	}
	return fmt.Errorf("nothing came, want %s", n)
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

var (
	blocksPass  = regexp.MustCompile(`^(\d+) key blocks pass`)
	heightMoved = regexp.MustCompile(`height (\d+) -> (\d+)`)
)

// note does what a note of the driver says happened.
func (r *replay) note(text string) {
	if m := blocksPass.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		r.node.MineKeyBlocks(n)
	}
	if m := heightMoved.FindStringSubmatch(text); m != nil {
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		_, _ = from, to
	}
}

// compare lays what came beside what was recorded.
func (r *replay) compare(want []session.Entry) []string {
	var got []session.Entry
	for _, s := range r.sides {
		s.mu.Lock()
		used := 0
		for _, st := range s.done {
			switch {
			case st.event < 0:
				got = append(got, st.entry)
			case st.event < len(s.events):
				got = append(got, s.events[st.event])
				used = st.event + 1
			}
		}
		got = append(got, s.events[used:]...)
		s.mu.Unlock()
	}
	var lines []string
	for _, d := range session.Compare(comparable(want), comparable(got), session.Options{NetworkID: network, NodeOnly: true, Stops: true}) {
		lines = append(lines, d.String())
	}
	return lines
}

// comparable keeps the entries that a replay has too.
func comparable(all []session.Entry) []session.Entry {
	var kept []session.Entry
	for _, e := range all {
		switch e.Dir {
		case results.DirIn, results.DirOut, results.DirClose, results.DirConnect:
			kept = append(kept, e)
		}
	}
	return kept
}

// mappedURL is the address of the node with the parameters of a recorded one.
func mappedURL(text string, value func(key, v string) string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	var parts []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		key, v, ok := strings.Cut(part, "=")
		if !ok {
			parts = append(parts, part)
			continue
		}
		plain, err := url.QueryUnescape(v)
		if err != nil {
			plain = v
		}
		parts = append(parts, key+"="+url.QueryEscape(value(key, plain)))
	}
	return "ws://node" + u.Path + "?" + strings.Join(parts, "&")
}
