package bot_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"chanbot/bot"
	"chanbot/internal/memnet"
)

// relay stands between the bots and a node and changes what the node says.
type relay struct {
	to *memnet.Listener
	// change returns what a side gets instead of a frame of the node; nil
	// changes nothing. It is called by many goroutines.
	change func(role string, frame []byte) [][]byte
	wg     sync.WaitGroup
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d := websocket.Dialer{NetDialContext: r.to.DialContext}
	node, _, err := d.DialContext(req.Context(), "ws://node"+req.URL.RequestURI(), nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, err := (&websocket.Upgrader{}).Upgrade(w, req, nil)
	if err != nil {
		node.Close()
		return
	}
	role := req.URL.Query().Get("role")
	r.wg.Go(func() { // client to node
		defer node.Close()
		for {
			kind, b, err := client.ReadMessage()
			if err != nil || node.WriteMessage(kind, b) != nil {
				return
			}
		}
	})
	r.wg.Go(func() { // node to client
		defer client.Close()
		for {
			kind, b, err := node.ReadMessage()
			if err != nil {
				if c, ok := errors.AsType[*websocket.CloseError](err); ok && c.Code != websocket.CloseAbnormalClosure {
					client.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(c.Code, ""))
				}
				return
			}
			frames := [][]byte{b}
			if r.change != nil {
				frames = r.change(role, b)
			}
			for _, f := range frames {
				if client.WriteMessage(kind, f) != nil {
					return
				}
			}
		}
	})
}

// through puts a relay before the node of the bench.
func (b *bench) through(change func(role string, frame []byte) [][]byte) {
	r := &relay{to: b.net, change: change}
	stop := b.stop
	b.cfg.Dial, b.stop = serve(r, func() {
		stop()
		r.wg.Wait()
	})
}

// replaceOn returns a change that replaces a text in the frames of a role that
// contain another one.
func replaceOn(role, contains, old, new string) func(string, []byte) [][]byte {
	return func(r string, f []byte) [][]byte {
		if r == role && strings.Contains(string(f), contains) {
			return [][]byte{[]byte(strings.ReplaceAll(string(f), old, new))}
		}
		return [][]byte{f}
	}
}

// serve serves a handler in memory until stop is called.
func serve(h http.Handler, after func()) (dial dialFunc, stop func()) {
	l := memnet.New()
	srv := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	return l.DialContext, func() {
		srv.Close()
		<-served
		if after != nil {
			after()
		}
	}
}

// fake is a bench whose node is a handler.
func fake(t *testing.T, scenario string, talk func(role string, c *websocket.Conn)) *bench {
	t.Helper()
	b := &bench{t: t}
	var wg sync.WaitGroup
	b.cfg = bot.Config{Scenario: parse(t, "fake.yaml", scenario), InitiatorNode: "ws://fake", Keys: someKeys(2), Seed: 1}
	b.cfg.Dial, b.stop = serve(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c, err := (&websocket.Upgrader{}).Upgrade(w, req, nil)
		if err != nil {
			return
		}
		role := req.URL.Query().Get("role")
		wg.Go(func() {
			defer c.Close()
			talk(role, c)
		})
	}), wg.Wait)
	return b
}

// drain reads until the socket ends.
func drain(c *websocket.Conn) {
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			return
		}
	}
}
