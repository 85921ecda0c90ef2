package fault

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"chanbot/internal/memnet"
	"chanbot/outcome"
)

// stage is a node that echoes: every request comes back as a notification of
// the same name, to a client behind a proxy.
type stage struct {
	t      *testing.T
	proxy  *Proxy
	net    *memnet.Listener
	server *http.Server

	mu     sync.Mutex
	start  time.Time
	heard  []string // by the node
	events []string
	ended  []string // how the node's side of connections ended
}

func newStage(t *testing.T, seed uint64, rules ...Rule) *stage {
	t.Helper()
	s := &stage{t: t, net: memnet.New(), start: time.Now()}
	p, err := New(Config{Rules: rules, Seed: seed, Report: func(e Event) { s.note(&s.events, e.String()) }})
	if err != nil {
		t.Fatal(err)
	}
	s.proxy = p
	var up websocket.Upgrader
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			_, b, err := conn.ReadMessage()
			if err != nil {
				s.note(&s.ended, ending(err))
				return
			}
			s.note(&s.heard, string(b))
			if err := conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":%q,"params":{"channel_id":null,"data":%q},"version":1}`, "channels."+requestName(b), b)); err != nil {
				s.note(&s.ended, ending(err))
				return
			}
		}
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.server.Serve(s.net) //nolint:errcheck // ends with Close
	}()
	t.Cleanup(func() {
		p.Close()
		s.server.Close()
		<-done
	})
	return s
}

func ending(err error) string {
	switch {
	case errors.Is(err, syscall.EPIPE):
		return "broken pipe"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "end"
	}
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		return fmt.Sprintf("close %d", c.Code)
	}
	return err.Error()
}

// note adds a line with the time since the start.
func (s *stage) note(to *[]string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*to = append(*to, fmt.Sprintf("%v %s", time.Since(s.start), text))
}

// taken returns the lines of a list and empties it.
func (s *stage) taken(from *[]string) []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := *from
	*from = nil
	return all
}

// peer is a client.
type peer struct {
	s     *stage
	conn  *websocket.Conn
	lines []string // what it has got; guarded by s.mu
}

func (s *stage) dial(pair int, role outcome.Role) *peer {
	s.t.Helper()
	d := websocket.Dialer{NetDialContext: s.proxy.Dial(s.net.DialContext, pair, role)}
	conn, _, err := d.Dial("ws://node/channel", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &peer{s: s, conn: conn}
	go func() {
		for {
			_, b, err := conn.ReadMessage()
			if err != nil {
				s.note(&c.lines, ending(err))
				return
			}
			m := message{opcode: websocket.TextMessage, raw: b, parts: []part{{to: len(b)}}}
			name, _ := m.name(In, nil)
			s.note(&c.lines, name)
		}
	}()
	s.t.Cleanup(func() { conn.Close() })
	return c
}

// ask sends a request.
func (c *peer) ask(method string) {
	c.s.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"channels.%s","params":{}}`, method)); err != nil {
		c.s.note(&c.lines, "cannot send: "+ending(err))
	}
}

// TestFaults has a client send requests, which come back, half a second apart.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		rules  []Rule
		sends  string   // methods, in turn; + sends the next one at once
		heard  []string // by the node: when and what; nil is not looked at
		got    []string // by the client
		events []string
	}{
		{
			name: "without a matching rule everything passes", rules: []Rule{{Do: Drop, Frames: []string{"leave"}}},
			sends: "update shutdown", got: []string{"0s update", "500ms shutdown"},
		},
		{
			name: "a delay", rules: []Rule{{Do: Delay, For: 50 * time.Millisecond, Frames: []string{"update"}, Direction: In}},
			sends: "update + shutdown leave", got: []string{"50ms update", "50ms shutdown", "500ms leave"},
			events: []string{"0s pair 3 initiator in: delay update (50ms)"},
		},
		{
			name: "a delay of all messages does not add up", rules: []Rule{{Do: Delay, For: 50 * time.Millisecond}},
			sends: "update + update + update", heard: []string{"50ms update", "50ms update", "50ms update"}, got: []string{"100ms update", "100ms update", "100ms update"},
		},
		{
			name: "the second one is lost on its way to the node", rules: []Rule{{Do: Drop, Frames: []string{"update"}, Direction: Out, Nth: []Span{{Min: 2, Max: 2}}}},
			sends: "update update update", heard: []string{"0s update", "1s update"}, got: []string{"0s update", "1s update"},
			events: []string{"500ms pair 3 initiator out: drop update"},
		},
		{
			name: "all but the first come twice", rules: []Rule{{Do: Double, Frames: []string{"up*"}, Direction: In, Nth: []Span{{Min: 1, Max: 1, Not: true}}}},
			sends: "update update", got: []string{"0s update", "500ms update", "500ms update"},
		},
		{
			name: "the next one overtakes", rules: []Rule{{Do: Reorder, Frames: []string{"update"}, Direction: Out}},
			sends: "update + leave", heard: []string{"0s leave", "0s update"}, got: []string{"0s leave", "0s update"},
		},
		{
			name: "nothing comes that could overtake", rules: []Rule{{Do: Reorder, Frames: []string{"update"}, Direction: In}},
			sends: "update leave", got: []string{"100ms update", "500ms leave"},
		},
		{
			name: "a damaged byte", rules: []Rule{{Do: Corrupt, Frames: []string{"update"}, Direction: Out, Nth: []Span{{Min: 1, Max: 1}}}},
			sends: "update update", heard: []string{"0s update", "500ms update"},
			events: []string{"0s pair 3 initiator out: corrupt update (byte 50: 's' becomes 'z')"},
		},
		{
			name: "half of it", rules: []Rule{{Do: Corrupt, Damage: DamageTruncate, Frames: []string{"update"}, Direction: Out}},
			sends: "update", got: []string{"0s invalid"}, events: []string{"0s pair 3 initiator out: corrupt update (28 of 56 bytes left)"},
		},
		{
			name: "garbage", rules: []Rule{{Do: Corrupt, Damage: DamageGarbage, Frames: []string{"update"}, Direction: In}},
			sends: "update leave", got: []string{"0s invalid", "500ms leave"}, events: []string{"0s pair 3 initiator in: corrupt update (161 bytes)"},
		},
		{
			name: "a cut", rules: []Rule{{Do: Cut, Frames: []string{"update"}, Direction: In}},
			sends: "update leave", heard: []string{"0s update"}, got: []string{"0s reset", "500ms cannot send: broken pipe"}, events: []string{"0s pair 3 initiator in: cut update (reset)"},
		},
		{
			name: "a cut before the node hears it", rules: []Rule{{Do: Cut, Ending: EndClose, Frames: []string{"leave"}, Direction: Out}},
			sends: "update leave", heard: []string{"0s update"}, got: []string{"0s update", "500ms close 1006"}, events: []string{"500ms pair 3 initiator out: cut leave (close)"},
		},
		{
			name: "half a message", rules: []Rule{{Do: Cut, Ending: EndHalf, Frames: []string{"leave"}, Direction: In}},
			sends: "update leave", got: []string{"0s update", "500ms reset"},
		},
		{
			name: "bytes at a rate", rules: []Rule{{Do: Throttle, Rate: 1000, Direction: Out}},
			sends: "update + update", heard: []string{"62ms update", "124ms update"},
			events: []string{"0s pair 3 initiator out: throttle update (62 bytes in 62ms)", "0s pair 3 initiator out: throttle update (62 bytes in 62ms)"},
		},
		{
			name: "a stall", rules: []Rule{{Do: Stall, For: 2 * time.Second, Frames: []string{"update"}, Direction: In, Nth: []Span{{Min: 2, Max: 2}}}},
			sends: "update update leave leave", heard: []string{"0s update", "500ms update", "1s leave", "1.5s leave"},
			got: []string{"0s update", "2.5s update", "2.5s leave", "2.5s leave"},
		},
		{
			name: "a stall to the node holds the client up", rules: []Rule{{Do: Stall, For: 2 * time.Second, Frames: []string{"update"}, Direction: Out}},
			sends: "update leave", heard: []string{"2s update", "2s leave"}, got: []string{"2s update", "2s leave"},
		},
		{
			name: "a stall for ever", rules: []Rule{{Do: Stall, Frames: []string{"update"}, Direction: In}},
			sends: "leave update leave", heard: []string{"0s leave", "500ms update", "1s leave"}, got: []string{"0s leave"},
			events: []string{"500ms pair 3 initiator in: stall update (for ever)"},
		},
		{
			name: "a window of time", rules: []Rule{{Do: Drop, Direction: In, After: 400 * time.Millisecond, Until: time.Second}},
			sends: "update update update", got: []string{"0s update", "1s update"},
		},
		{
			name: "another role", rules: []Rule{{Do: Drop, Role: outcome.Responder}},
			sends: "update", got: []string{"0s update"},
		},
		{
			name: "several rules", rules: []Rule{{Do: Double, Direction: Out}, {Do: Delay, For: time.Second, Direction: Out}, {Do: Drop, Frames: []string{"leave"}}},
			sends: "update leave", heard: []string{"1s update", "1s update"}, got: []string{"1s update", "1s update"},
		},
		{
			name: "an abort has a name of its own", rules: []Rule{{Do: Drop, Frames: []string{"abort *"}}},
			sends: "update", got: []string{"0s update"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, 1, c.rules...)
				client := s.dial(3, outcome.Initiator)
				synctest.Wait()
				atOnce := true
				for word := range strings.FieldsSeq(c.sends) {
					if word == "+" {
						atOnce = true
						continue
					}
					if !atOnce {
						time.Sleep(500*time.Millisecond - time.Since(s.start)%(500*time.Millisecond))
					}
					atOnce = false
					client.ask(word)
				}
				time.Sleep(5 * time.Second)
				got, heard, events := s.taken(&client.lines), s.taken(&s.heard), s.taken(&s.events)
				for i, h := range heard {
					at, request, _ := strings.Cut(h, " ")
					heard[i] = at + " " + requestName([]byte(request))
				}
				if diff := cmp.Diff(c.got, got); diff != "" && c.got != nil {
					t.Errorf("the client got: -want +got:\n%s", diff)
				}
				if diff := cmp.Diff(c.heard, heard); diff != "" && c.heard != nil {
					t.Errorf("the node heard: -want +got:\n%s", diff)
				}
				if diff := cmp.Diff(c.events, events); diff != "" && c.events != nil {
					t.Errorf("the events: -want +got:\n%s", diff)
				}
			})
		})
	}
}
