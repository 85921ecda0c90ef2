package fault

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/outcome"
)

// discard is a connection that takes everything and gives one message again and
// again.
type discard struct {
	net.Conn
	gives *bytes.Reader
}

func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

func (d *discard) Read(b []byte) (int, error) {
	if d.gives.Len() == 0 {
		if _, err := d.gives.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
	}
	return d.gives.Read(b)
}

// BenchmarkPass measures what the proxy adds to a message that passes: without
// it, with a rule that looks at no names, and with one that does.
func BenchmarkPass(b *testing.B) {
	update := fmt.Sprintf(`{"jsonrpc":"2.0","method":"channels.update","params":{"channel_id":"ch_2","data":{"state":%q}},"version":1}`, strings.Repeat("tx_", 150))
	request := fmt.Sprintf(`{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":%q}}`, strings.Repeat("tx_", 120))
	for _, c := range []struct {
		name  string
		rules []Rule
	}{
		{"none", nil},
		{"any", []Rule{{Do: Drop, After: time.Hour}}},
		{"named", []Rule{{Do: Drop, Frames: []string{"leave"}}}},
	} {
		p, err := New(Config{Rules: c.rules})
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range []Direction{In, Out} {
			b.Run(c.name+"/"+d.String(), func(b *testing.B) {
				frame := AppendFrame(nil, final|websocket.TextMessage, []byte(update), nil)
				if d == Out {
					frame = AppendFrame(nil, final|websocket.TextMessage, []byte(request), &[4]byte{1, 2, 3, 4})
				}
				wrapped := p.Wrap(&discard{gives: bytes.NewReader(frame)}, 0, outcome.Initiator)
				if w, ok := wrapped.(*conn); ok {
					w.in.scan.head, w.out.scan.head = false, false
				}
				buf := make([]byte, len(frame))
				b.SetBytes(int64(len(frame)))
				b.ReportAllocs()
				for b.Loop() {
					if d == In {
						if _, err := io.ReadFull(wrapped, buf); err != nil {
							b.Fatal(err)
						}
					} else if _, err := wrapped.Write(frame); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
