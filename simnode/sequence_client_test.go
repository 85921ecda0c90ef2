package simnode_test

import (
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/internal/memnet"
	"chanbot/simnode"
	"chanbot/tx"
	"chanbot/wire"
)

// stage is a node with the two clients of a sequence.
type stage struct {
	t       *testing.T
	node    *simnode.Node
	net     *memnet.Listener
	clients map[string]*seqClient // by "I" and "R"
	params  map[string]string     // that both sides connect with
}

// seqClient is one of the two clients.
type seqClient struct {
	stage  *stage
	role   string
	key    tx.KeyPair
	conn   *websocket.Conn
	fsmID  string
	nextID int
	signs  []wire.Sign // requests to sign that came

	mu     sync.Mutex
	events []string // what came, in the notation of the sequences
	frames []wire.Frame
	taken  int // events that were compared
}

func newStage(t *testing.T, config simnode.Config, params map[string]string) *stage {
	s := &stage{t: t, node: simnode.New(config), net: memnet.New(), params: params, clients: make(map[string]*seqClient)}
	for side, role := range map[string]string{"I": "initiator", "R": "responder"} {
		s.clients[side] = &seqClient{stage: s, role: role, key: tx.DeriveKeyPair([]byte(t.Name()), role)}
		s.node.Endow(s.clients[side].key.ID(), new(big.Int).Exp(big.NewInt(10), big.NewInt(24), nil))
	}
	server := &http.Server{Handler: s.node}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.net) }()
	t.Cleanup(func() {
		for _, c := range s.clients {
			c.drop()
		}
		if err := s.node.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		<-served
	})
	s.node.MineKeyBlocks(100)
	return s
}

// query returns the parameters of a connection that a line of a sequence asks
// for.
func (c *seqClient) query(text string) url.Values {
	q := url.Values{"protocol": {"json-rpc"}, "role": {c.role}, "port": {"13179"}}
	if c.role == "initiator" {
		q.Set("host", "localhost")
	}
	if strings.Contains(text, "existing_") {
		q.Set("existing_channel_id", c.channel())
		if !strings.Contains(text, "(no existing_fsm_id)") {
			q.Set("existing_fsm_id", c.presented(text))
		}
		return q
	}
	for k, v := range map[string]string{
		"initiator_id": c.stage.clients["I"].key.ID().String(), "responder_id": c.stage.clients["R"].key.ID().String(),
		"initiator_amount": "70000000000000", "responder_amount": "40000000000000", "push_amount": "1",
		"channel_reserve": "2", "lock_period": "10", "keep_running": "false",
	} {
		q.Set(k, v)
	}
	for k, v := range c.stage.params {
		q.Set(k, v)
	}
	for word := range strings.FieldsSeq(text) {
		k, v, ok := strings.Cut(word, "=")
		if v == "<unknown>" {
			v = tx.DeriveKeyPair([]byte("unknown"), "").ID().String()
		}
		if ok {
			q.Set(k, v)
		}
	}
	return q
}

// presented returns the fsm id that a line of a sequence asks for.
func (c *seqClient) presented(text string) string {
	switch _, v, _ := strings.Cut(text, "existing_fsm_id="); {
	case strings.HasPrefix(v, "<8 bytes>"):
		return tx.Encode(tx.PrefixByteArray, make([]byte, 8))
	case strings.HasPrefix(v, "<wrong 32 bytes>"):
		return tx.Encode(tx.PrefixByteArray, make([]byte, 32))
	case strings.HasPrefix(v, "Invalid"):
		return "Invalid"
	}
	return c.fsmID
}

// channel returns the channel id that this side has seen last.
func (c *seqClient) channel() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.frames) - 1; i >= 0; i-- {
		if id := c.frames[i].ChannelID; id != "" {
			return id
		}
	}
	return ""
}

func (c *seqClient) open(text string) error {
	d := websocket.Dialer{NetDialContext: c.stage.net.DialContext}
	conn, _, err := d.Dial("ws://node/channel?"+c.query(text).Encode(), nil)
	if err != nil {
		return err
	}
	c.conn = conn
	go func() {
		for {
			_, b, err := conn.ReadMessage()
			if err != nil {
				if ce, ok := errors.AsType[*websocket.CloseError](err); ok && ce.Code == websocket.CloseNormalClosure {
					c.add("close", wire.Frame{})
				}
				conn.Close()
				return
			}
			f := wire.DecodeFrame(b)
			c.add(notation(&f), f)
		}
	}()
	return nil
}

func (c *seqClient) add(event string, f wire.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events, c.frames = append(c.events, event), append(c.frames, f)
	if f.Info != nil && f.Info.Event == wire.EventFSMUp {
		c.fsmID = f.Info.FSMID
	}
	if f.Sign != nil {
		c.signs = append(c.signs, *f.Sign)
	}
}

// next returns the events that were not compared yet.
func (c *seqClient) next() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events[c.taken:]
}

func (c *seqClient) drop() {
	if c.conn != nil {
		_ = c.conn.WriteMessage(websocket.CloseMessage, nil) // it may be closed already
		c.conn.Close()
	}
}

func (c *seqClient) keepAlive() {
	if c.conn != nil {
		_ = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) // it may be closed already
	}
}

// notation writes a frame as the sequences do.
func notation(f *wire.Frame) string {
	text := f.Method
	switch {
	case f.Error != nil:
		text = fmt.Sprintf("error %d", f.Error.Code)
		if len(f.Error.Data) > 0 {
			text += fmt.Sprintf("/%d", f.Error.SubCode())
		}
	case f.Kind == wire.KindResult && f.Name() == "result ok":
		text = "result ok"
	case f.Kind == wire.KindResult:
		text = "result data"
	case f.Info != nil:
		text += " " + f.Info.Event
	case f.OnChainTx != nil:
		text += " " + f.OnChainTx.Info + " " + f.OnChainTx.Type
	case f.Conflict != nil:
		text += fmt.Sprintf(" code=%d round=%d", f.Conflict.Code, f.Conflict.Round)
	}
	if f.ChannelID == "" {
		text += " [null]"
	}
	return text
}
