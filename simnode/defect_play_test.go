package simnode

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/tx"
	"chanbot/wire"
)

// play is a session in testdata/sessions: one command a line, with two clients
// I and R, and I2 and R2 once "second" has opened another channel. Its script
// is kept as blocks: a command, and what every client got because of it.
type play struct {
	t       *testing.T
	w, w2   *world
	clients map[string]*client
	asked   map[string]*wire.Frame // the last request to sign
	ended   map[string]bool
	pongs   map[string]int
	ids     map[string]string // symbols
	blocks  [][]string
	params  map[string]string
}

// playSession plays a session against a node and returns its blocks.
func playSession(t *testing.T, session string, cfg Config) (blocks [][]string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &play{t: t, w: newWorld(t, cfg), clients: map[string]*client{}, asked: map[string]*wire.Frame{}, ended: map[string]bool{}, pongs: map[string]int{}, ids: map[string]string{}}
		// The names of accounts do not depend on the test's name.
		for i, label := range []string{"initiator", "responder"} {
			p.w.keys[i] = tx.DeriveKeyPair([]byte("defects"), label)
			p.w.node.Endow(p.w.keys[i].ID(), big.NewInt(1e15))
		}
		for line := range strings.SplitSeq(session, "\n") {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			p.blocks = append(p.blocks, []string{line})
			p.command(line)
			p.collect()
		}
		blocks = p.blocks
	})
	return blocks
}

func (p *play) say(format string, args ...any) {
	last := len(p.blocks) - 1
	p.blocks[last] = append(p.blocks[last], fmt.Sprintf(format, args...))
}

// collect notes everything that has come.
func (p *play) collect() {
	synctest.Wait()
	for _, side := range []string{"I", "R", "I2", "R2"} {
		c := p.clients[side]
		if c == nil || p.ended[side] {
			continue
		}
		names, frames := c.drain()
		for i := range frames {
			f := &frames[i]
			if f.Sign != nil {
				p.asked[side] = f
			}
			p.say("%s< %s", side, brief(p.symbols(string(f.Raw))))
		}
		if n := len(names); n > len(frames) {
			p.say("%s< %s", side, names[n-1])
			p.ended[side] = true
		}
	}
}

func (p *play) command(line string) {
	words := strings.Fields(line)
	args := words[1:]
	switch words[0] {
	case "open":
		p.open(p.w, "", parameters(args))
	case "second":
		p.second()
	case "connect":
		side := args[0]
		p.connect(p.w, side, parameters(args[1:]))
	case "cosign":
		p.side(args[0], args[1], args[2:], line)
		p.collect()
		p.sign(args[0], "good")
		p.collect()
		p.sign(peerOf(args[0]), "good")
	case "both":
		p.side("I", args[0], args[1:], line)
		p.side("R", args[0], args[1:], line)
	case "blocks":
		n, _ := strconv.Atoi(args[0])
		p.w.node.MineKeyBlocks(n)
	case "sleep":
		d, _ := time.ParseDuration(args[0])
		time.Sleep(d)
	case "delay":
		d, _ := time.ParseDuration(args[0])
		p.w.node.network.Link(p.w.node, p.w.node).SetDelay(d)
	case "chain":
		p.chain()
	default:
		p.side(words[0], words[1], words[2:], line)
	}
}

func parameters(args []string) map[string]string {
	change := map[string]string{}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		if v == "UNKNOWN" {
			v = tx.DeriveKeyPair([]byte("defects"), "nobody").ID().String()
		}
		change[k] = v
	}
	return change
}

func peerOf(side string) string {
	return map[string]string{"I": "R", "R": "I", "I2": "R2", "R2": "I2"}[side]
}

func (p *play) connect(w *world, side string, change map[string]string) {
	r := roleInitiator
	if side[0] == 'R' {
		r = roleResponder
	}
	c := w.dial(r, w.query(r, change))
	c.conn.SetPongHandler(func(string) error { p.pongs[side]++; return nil })
	p.clients[side], p.ended[side] = c, false
	p.asked[side] = nil
}

// open opens a channel as far as that works.
func (p *play) open(w *world, suffix string, change map[string]string) {
	p.params = change
	p.connect(w, "R"+suffix, change)
	p.collect()
	p.connect(w, "I"+suffix, change)
	for _, side := range []string{"I", "R"} {
		p.collect()
		p.sign(side+suffix, "good")
	}
	p.collect()
	w.node.MineKeyBlocks(3)
	p.collect()
}

func (p *play) second() {
	w := *p.w
	w.keys = [2]tx.KeyPair{tx.DeriveKeyPair([]byte("defects"), "second initiator"), tx.DeriveKeyPair([]byte("defects"), "second responder")}
	for _, k := range w.keys {
		w.node.Endow(k.ID(), big.NewInt(1e15))
	}
	p.w2 = &w
	p.open(&w, "2", map[string]string{"port": "13180", "responder_amount": "30000000000000"})
}

func (p *play) world(side string) *world {
	if strings.HasSuffix(side, "2") {
		return p.w2
	}
	return p.w
}

// side is a command of one client.
func (p *play) side(side, what string, args []string, line string) {
	c := p.clients[side]
	if c == nil || p.ended[side] && what != "back" && what != "return" {
		p.say("%s is not connected", side)
		return
	}
	w := p.world(side)
	own, peer := w.keys[c.role].ID().String(), w.keys[1-c.role].ID().String()
	arg := func(i int, otherwise string) string {
		if i < len(args) {
			return args[i]
		}
		return otherwise
	}
	params := func(method string, members ...string) {
		for _, a := range args[min(len(args), 1):] {
			if k, v, ok := strings.Cut(a, "="); ok {
				members = append(members, fmt.Sprintf("%q:%s", k, v))
			}
		}
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, method, strings.Join(members, ",")))
	}
	accounts := fmt.Sprintf(`"accounts":[%q,%q]`, own, peer)
	switch what {
	case "transfer":
		params(wire.MethodUpdateNew, `"amount":`+args[0], fmt.Sprintf(`"from":%q,"to":%q`, own, peer))
	case "deposit":
		params(wire.MethodDeposit, `"amount":`+args[0])
	case "withdraw":
		params(wire.MethodWithdraw, `"amount":`+args[0])
	case "shutdown", "close_solo", "settle", "slash", "snapshot_solo", "leave":
		params("channels." + what)
	case "abort":
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"channels.%s","params":{"error":%s}}`, args[0], args[1]))
	case "sign":
		p.sign(side, arg(0, "good"))
	case "balances":
		params(wire.MethodGetBalances, accounts)
	case "proof":
		params(wire.MethodGetPoI, accounts)
	case "state":
		params(wire.MethodGetOffchainState)
	case "history":
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","id":3,"method":"channels.history.fetch","params":%s}`, args[0]))
	case "message":
		text := strings.ReplaceAll(arg(0, ""), "*1001", strings.Repeat("x", 1001))
		quoted, _ := json.Marshal(text)
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","method":"channels.message","params":{"info":%s,"to":%q}}`, quoted, peer))
	case "strangers":
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","id":4,"method":"channels.update.new","params":{"amount":1,"from":%q,"to":%q}}`, own, own))
	case "anonymous":
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","method":"channels.update.new","params":{"amount":%s,"from":%q,"to":%q}}`, args[0], own, peer))
	case "system":
		p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"channels.system","params":{"action":%q}}`, arg(1, "5"), args[0]))
	case "raw":
		_, text, _ := strings.Cut(line, " raw ")
		p.send(side, text)
	case "deep":
		p.send(side, strings.Repeat("[", 100)+strings.Repeat("]", 100))
	case "ping":
		before := p.pongs[side]
		if err := c.conn.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(time.Second)); err != nil {
			p.say("%s cannot ping", side)
		}
		synctest.Wait()
		p.say("%s has %d pongs", side, p.pongs[side]-before)
	case "drop":
		c.conn.Close()
		p.ended[side] = true
	case "back", "return":
		id := c.fsmID
		if arg(0, "") == "wrong" {
			id = tx.Encode(tx.PrefixByteArray, make([]byte, 32))
		}
		p.clients[side] = w.dial(c.role, w.query(c.role, map[string]string{"existing_channel_id": c.channel, "existing_fsm_id": id}))
		p.ended[side] = false
	default:
		p.t.Fatalf("unknown command %q", line)
	}
}

func (p *play) send(side, text string) {
	c := p.clients[side]
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		p.say("%s cannot send", side)
		return
	}
	var m struct {
		Params struct {
			ID string `json:"channel_id"`
		}
	}
	_ = json.Unmarshal([]byte(text), &m)
}

// sign answers the last request to sign of a side.
func (p *play) sign(side, how string) {
	f := p.asked[side]
	if f == nil {
		p.say("%s has nothing to sign", side)
		return
	}
	w, c := p.world(side), p.clients[side]
	own, peer := w.keys[c.role], w.keys[1-c.role]
	stranger := tx.DeriveKeyPair([]byte("defects"), "stranger")
	s, err := tx.ParseSigned(f.Sign.SignedTx)
	if err != nil {
		p.say("%s cannot read what it has to sign", side)
		return
	}
	id := w.node.NetworkID()
	switch how {
	case "good":
		s = s.Sign(own, id, tx.Raw)
	case "hash":
		s = s.Sign(own, id, tx.Hashed)
	case "stranger":
		s = s.Sign(stranger, id, tx.Raw)
	case "both":
		s = s.Sign(own, id, tx.Raw).Sign(peer, id, tx.Raw)
	case "another":
		inner, err := s.Decode()
		if err != nil {
			p.t.Fatal(err)
		}
		inner.(*tx.OffChain).StateHash[0] ^= 1
		s = tx.NewSigned(inner).Sign(own, id, tx.Raw)
	case "none":
	}
	p.send(side, fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":{"signed_tx":%q}}`, wire.AnswerMethod(f.Sign.Tag), s.Text()))
}

// chain shows the accounts and the channel on the chain, over HTTP.
func (p *play) chain() {
	h := p.w.node.HTTP()
	get := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return p.symbols(strings.TrimSpace(w.Body.String()))
	}
	for _, k := range p.w.keys {
		p.say("account %s", get("/v3/accounts/"+k.ID().String()))
	}
	if c := p.clients["I"]; c != nil && c.channel != "" {
		p.say("channel %s", get("/v3/channels/"+c.channel))
	}
}
