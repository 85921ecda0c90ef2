package bot

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
)

// badServer answers each handshake with answer, which ends when the client does.
func badServer(t *testing.T, answer func(c net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c)
				}
			}()
		}
	}()
	return "ws://" + l.Addr().String() + "/channel"
}

// A node that takes the connection and says nothing holds nobody up after the
// context is cancelled.
func TestAHandshakeEndsWithItsContext(t *testing.T) {
	url := badServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	start := time.Now()
	_, err := newDialer(nil, nil, nil).dial(ctx, url, 0, outcome.Initiator)
	if took := time.Since(start); !errors.Is(err, context.Canceled) || took > 10*time.Second {
		t.Errorf("%v after %v, want that it was cancelled", err, took)
	}
}

// A node that answers a handshake without end does not fill the memory.
func TestAnEndlessHandshake(t *testing.T) {
	url := badServer(t, func(c net.Conn) {
		line := "X-More: " + strings.Repeat("a", 1000) + "\r\n"
		for _, err := io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n"); err == nil; {
			_, err = io.WriteString(c, line)
		}
	})
	_, err := newDialer(nil, nil, nil).dial(t.Context(), url, 0, outcome.Initiator)
	if !errors.Is(err, errLongHandshake) {
		t.Errorf("%v, want %v", err, errLongHandshake)
	}
}
