package simnode

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/tx"
)

// TestNothingButAStopIsAnsweredAfterDied (ws-api 3.4): a signature that comes at
// the moment at which the machine ends is answered before "info died" or not at
// all.
func TestNothingButAStopIsAnsweredAfterDied(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Config{})
			i, r := w.open(nil)
			w.node.cfg.Latency = time.Millisecond // between the two machines
			some := tx.NewSigned(&tx.OffChain{Version: 2, Round: 9}).Text()
			var both sync.WaitGroup
			both.Go(func() { i.send(`{"jsonrpc":"2.0","id":1,"method":"channels.system","params":{"action":"stop"}}`) })
			both.Go(func() {
				time.Sleep(time.Millisecond) // what it takes until the peer's end is known
				for id := 2; id < 6; id++ {
					frame := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"channels.update","params":{"signed_tx":%q}}`, id, some)
					if r.conn.WriteMessage(websocket.TextMessage, frame) != nil {
						return // the socket has ended
					}
				}
			})
			both.Wait()
			names, frames := r.drain()
			died := false
			for _, f := range frames {
				if died {
					t.Fatalf("%s with id %s after info died: %q", f.Name(), f.ID, names)
				}
				died = f.Info != nil && f.Info.Event == "died"
			}
		})
	}
}
