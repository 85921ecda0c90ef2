package fault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/internal/memnet"
	"chanbot/outcome"
)

// shaken returns the two ends of a connection through a proxy with the rules,
// behind its handshake.
func shaken(t *testing.T, rules ...Rule) (client net.Conn, node *memnet.Conn, p *Proxy) {
	t.Helper()
	p, err := New(Config{Rules: rules, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	inner, node := memnet.Pipe()
	client = p.Wrap(inner, 0, outcome.Initiator)
	t.Cleanup(func() { client.Close(); node.Close(); p.Close() })
	request, answer := "GET /channel HTTP/1.1\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	put(t, client, request)
	wants(t, node, request)
	put(t, node, answer)
	wants(t, client, answer)
	return client, node, p
}

func put(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatalf("write: %v", err)
	}
}

func wants(t *testing.T, c net.Conn, text string) {
	t.Helper()
	b := make([]byte, len(text))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != text {
		t.Fatalf("got %q, %v, want %q", b, err, text)
	}
}

func TestDeadlinesHoldWhileSomethingIsDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, node, _ := shaken(t, Rule{Do: Delay, For: time.Second})
		frame := raw(0x81, nil, "hello")
		put(t, node, frame)
		client.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		if _, err := client.Read(make([]byte, 9)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 300*time.Millisecond {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		client.SetReadDeadline(time.Time{})
		wants(t, client, frame)
		if time.Since(start) != time.Second {
			t.Errorf("it took %v", time.Since(start))
		}
		// A deadline that is set while a read waits.
		time.AfterFunc(time.Second, func() { client.SetReadDeadline(time.Now()) })
		if _, err := client.Read(make([]byte, 9)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestADeadlineBeforeAnyFaultIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, node, _ := shaken(t, Rule{Do: Drop, Frames: []string{"leave"}})
		client.SetDeadline(time.Now().Add(time.Second))
		if _, err := client.Read(make([]byte, 9)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		client.SetDeadline(time.Time{})
		put(t, node, raw(0x81, nil, "hello"))
		wants(t, client, raw(0x81, nil, "hello"))
	})
}

func TestWritesWaitWhileTheProxyTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, node, _ := shaken(t, Rule{Do: Stall, For: 3 * time.Second, Direction: Out, Nth: []Span{{Min: 1, Max: 1}}})
		frame := raw(0x81, &[4]byte{1, 2, 3, 4}, "hello")
		put(t, client, frame) // taken, and stands still
		client.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := client.Write([]byte(frame)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		client.SetWriteDeadline(time.Time{})
		put(t, client, frame)
		if time.Since(start) != 3*time.Second {
			t.Errorf("it waited %v", time.Since(start))
		}
		wants(t, node, frame+frame)
	})
}

func TestAQueueHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, node, _ := shaken(t, Rule{Do: Delay, For: time.Minute})
		frame := raw(0x82, nil, strings.Repeat("x", 100_000))
		go func() {
			for range 5 {
				if _, err := client.Write([]byte(frame)); err != nil {
					return
				}
			}
		}()
		go io.Copy(io.Discard, node) //nolint:errcheck // ends with the connection
		time.Sleep(time.Second)
		c := client.(*conn)
		c.outQ.mu.Lock()
		waiting := len(c.outQ.items)
		c.outQ.mu.Unlock()
		if waiting != 3 { // the third goes over the limit, the fourth waits
			t.Errorf("%d messages wait after %v", waiting, time.Since(start))
		}
	})
}

// TestClose: what the client has written before it closes still arrives, late
// as it is, and its reads end at once.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, node, p := shaken(t, Rule{Do: Delay, For: time.Second, Direction: Out})
		frame := raw(0x81, nil, "hello")
		put(t, client, frame+frame[:3])
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		if _, err := client.Write([]byte(frame)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: %v", err)
		}
		got, err := io.ReadAll(node)
		if string(got) != frame+frame[:3] || err != nil || time.Since(start) != time.Second {
			t.Errorf("the node got %q, %v after %v", got, err, time.Since(start))
		}
		p.Close()
	})
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, node, p := shaken(t, Rule{Do: Stall})
		put(t, client, raw(0x81, nil, "hello"))
		client.Close()
		if got, err := io.ReadAll(node); len(got) > 0 || err != nil || time.Since(start) != linger {
			t.Errorf("the node got %q, %v after %v", got, err, time.Since(start))
		}
		p.Close()
		if n := len(p.conns); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

func TestTheProxyEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, node, p := shaken(t, Rule{Do: Stall, Direction: In}, Rule{Do: Delay, For: time.Hour, Direction: Out})
		put(t, client, raw(0x81, nil, "hello"))
		put(t, node, raw(0x81, nil, "hello"))
		ended := make(chan error)
		go func() {
			_, err := client.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		p.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		late, _ := memnet.Pipe()
		if _, err := p.Wrap(late, 0, outcome.Initiator).Write([]byte("x")); err == nil {
			t.Error("a closed proxy takes connections")
		}
	})
}

func TestHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, rule := range []Rule{{Do: Drop, Frames: []string{"leave"}}, {Do: Delay, For: time.Second}} {
			client, node, _ := shaken(t, rule)
			frame := raw(0x81, nil, "hello")
			put(t, client, frame)
			if err := client.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(node); string(got) != frame || err != nil {
				t.Errorf("%s: the node got %q, %v", rule.Do, got, err)
			}
			put(t, node, frame)
			wants(t, client, frame)
		}
	})
}

// TestWhatIsNoWebSocketPasses: bytes of a client that breaks the protocol on
// purpose.
func TestWhatIsNoWebSocketPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, node, _ := shaken(t, Rule{Do: Drop})
		broken := "\xff\xffnonsense" + raw(0x81, nil, "hello")
		put(t, client, broken)
		wants(t, node, broken)
	})
}

func TestTheNodeEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, rule := range []Rule{{Do: Drop, Frames: []string{"leave"}}, {Do: Delay, For: time.Second}} {
			client, node, _ := shaken(t, rule)
			frame := raw(0x81, nil, "hello")
			put(t, node, frame+frame[:2])
			node.Close()
			got, err := io.ReadAll(client)
			if string(got) != frame+frame[:2] || err != nil {
				t.Errorf("%s: the client got %q, %v", rule.Do, got, err)
			}
			if _, err := client.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("%s: then %v", rule.Do, err)
			}
		}
	})
}

// TestTLS: behind wss:// the proxy sees the frames.
func TestTLS(t *testing.T) {
	var up websocket.Upgrader
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			kind, b, err := conn.ReadMessage()
			if err != nil || conn.WriteMessage(kind, b) != nil {
				return
			}
		}
	}))
	defer server.Close()
	p, err := New(Config{Rules: []Rule{{Do: Double, Frames: []string{"invalid"}, Direction: Out}, {Do: Cut, Direction: Out, Nth: []Span{{Min: 3}}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var dialer net.Dialer
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	d := websocket.Dialer{NetDialTLSContext: p.DialTLS(dialer.DialContext, &tls.Config{RootCAs: roots}, 0, outcome.Initiator)}
	conn, _, err := d.Dial("wss"+strings.TrimPrefix(server.URL, "https"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, b, err := conn.ReadMessage(); err != nil || string(b) != "hello" {
			t.Fatalf("got %q, %v", b, err)
		}
	}
	for range 2 { // the second of these is the third message
		_ = conn.WriteMessage(websocket.BinaryMessage, nil) // it may be cut already
	}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the end is %v", err)
			}
			return
		}
	}
}

// TestEverythingAtOnce: many connections with all faults, which end in every
// way. Run it with the race detector.
func TestEverythingAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rules []Rule
		for do := Delay; do <= Throttle; do++ {
			rules = append(rules, Rule{Do: do, For: 5 * time.Millisecond, Most: 20 * time.Millisecond, Rate: 100_000, Share: 0.05})
		}
		s := newStage(t, 3, rules...)
		var wg sync.WaitGroup
		for pair := range 20 {
			for _, role := range outcome.Roles {
				wg.Go(func() {
					for range 5 {
						c := s.dial(pair, role)
						for n := range 30 {
							if err := c.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"channels.message","params":{"n":%d}}`, n)); err != nil {
								break
							}
							time.Sleep(time.Millisecond)
						}
						c.conn.Close()
					}
				})
			}
		}
		wg.Wait()
		time.Sleep(10 * time.Second)
		s.proxy.Close()
		if n := len(s.taken(&s.events)); n < 1000 {
			t.Errorf("only %d events", n)
		}
		if n := len(s.proxy.conns); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}
