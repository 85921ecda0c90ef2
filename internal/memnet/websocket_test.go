package memnet

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// Real HTTP and WebSocket code over memnet in a bubble: a day of chatter takes
// no time, a ping passes, the close handshake is seen, and everything ends.
func TestWebSocketEchoInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New()
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			up := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
			c, err := up.Upgrade(w, r, nil)
			if err != nil {
				t.Errorf("upgrade: %v", err)
				return
			}
			defer c.Close()
			for {
				kind, b, err := c.ReadMessage()
				if err != nil {
					if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
						t.Errorf("server reads %v, want a normal close", err)
					}
					return
				}
				time.Sleep(30 * time.Second)
				if err := c.WriteMessage(kind, b); err != nil {
					t.Errorf("echo: %v", err)
				}
			}
		})}
		served := make(chan error, 1) // one result, and the server need not wait for us
		go func() { served <- server.Serve(l) }()

		dialer := websocket.Dialer{NetDialContext: l.DialContext, HandshakeTimeout: time.Minute}
		start := time.Now()
		var wg sync.WaitGroup
		for client := range 20 {
			wg.Go(func() {
				c, resp, err := dialer.DialContext(t.Context(), "ws://node/channel", nil)
				if err != nil {
					t.Errorf("dial: %v", err)
					return
				}
				resp.Body.Close()
				defer c.Close()
				for round := range 10 {
					want := fmt.Sprint(client, round, strings.Repeat("x", 70_000))
					if err := c.WriteMessage(websocket.TextMessage, []byte(want)); err != nil {
						t.Errorf("write: %v", err)
						return
					}
					_, got, err := c.ReadMessage()
					if err != nil || string(got) != want {
						t.Errorf("client %d round %d: %d bytes, error %v", client, round, len(got), err)
						return
					}
				}
				bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
				c.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
				if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
					t.Errorf("client reads %v, want a normal close", err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != 10*30*time.Second {
			t.Errorf("ten rounds took %v of fake time, want 5m", took)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
}
