package simnode_test

import (
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/tx"
	"chanbot/wire"
)

// seqPlayer goes through the lines of a sequence.
type seqPlayer struct {
	stage    *stage
	requests []string
	left     map[string][]string // optional frames of each side that did not come yet
	how      string              // the next signature is "wrong", "both" or "cut"
}

func (p *seqPlayer) play(lines []seqLine) error {
	for i := 0; i < len(lines); {
		l := lines[i]
		c := p.stage.clients[l.side]
		var err error
		switch {
		case l.side == "":
			p.comment(l.text)
		case l.op == "->":
			err = p.send(c, l)
		case l.op == "open":
			err = c.open(l.text)
		default:
			if c.conn == nil { // the file begins with the first frame
				err = c.open("")
			}
			n := i + 1
			for n < len(lines) && (lines[n].op == "<-" || lines[n].op == "close") && p.stage.clients[lines[n].side].conn != nil {
				n++
			}
			if err != nil {
				return fmt.Errorf("%v: %w", l, err)
			}
			if err := p.expect(lines[i:n]); err != nil {
				return err
			}
			i = n
			continue
		}
		synctest.Wait()
		if err != nil {
			return fmt.Errorf("%v: %w", l, err)
		}
		i++
	}
	return nil
}

// comment does what a comment says the clients do.
func (p *seqPlayer) comment(text string) {
	switch {
	case strings.HasPrefix(text, "# I's client closes its socket"):
		p.stage.clients["I"].drop()
	case text == "# wrong":
		p.how = "wrong"
	case text == "# text cut short":
		p.how = "cut"
	case strings.Contains(text, "carries BOTH authentications"):
		p.how = "both"
	}
}

// expect waits for the frames of some lines, in order on each side.
func (p *seqPlayer) expect(lines []seqLine) error {
	want := make(map[string][]seqLine)
	for _, l := range lines {
		if l.op == "close" {
			l.text = "close"
		}
		if l.optional {
			p.left[l.side] = append(p.left[l.side], l.text)
			continue
		}
		want[l.side] = append(want[l.side], l)
	}
	const longest = 15 * time.Minute
	for waited, pause := time.Duration(0), time.Millisecond; ; waited, pause = waited+pause, min(2*pause, 10*time.Second) {
		synctest.Wait()
		done := true
		for side, c := range p.stage.clients {
			rest, err := p.take(side, c, want[side])
			if err != nil {
				return err
			}
			want[side] = rest
			done = done && len(rest) == 0
		}
		if done {
			return nil
		}
		if waited > longest {
			return fmt.Errorf("nothing came for %v", slices.Concat(want["I"], want["R"]))
		}
		if waited > work {
			p.mine(want)
		}
		for _, c := range p.stage.clients {
			c.keepAlive()
		}
		time.Sleep(pause)
	}
}

// take compares what came on a side with its next lines.
func (p *seqPlayer) take(side string, c *seqClient, want []seqLine) ([]seqLine, error) {
	for len(want) > 0 {
		events := p.besides(side, c.next())
		if len(events) == 0 {
			break
		}
		if events[0] != want[0].text {
			return want, fmt.Errorf("%v: got %q, then %q", want[0], events[0], events[1:])
		}
		c.taken++
		want = want[1:]
	}
	return want, nil
}

// besides takes the optional frames at the head of events away.
func (p *seqPlayer) besides(side string, events []string) []string {
	for len(events) > 0 {
		at := slices.Index(p.left[side], events[0])
		if at < 0 {
			break
		}
		p.left[side] = slices.Delete(p.left[side], at, at+1)
		p.stage.clients[side].taken++
		events = events[1:]
	}
	return events
}

// mine makes the blocks that the next frames need.
func (p *seqPlayer) mine(want map[string][]seqLine) {
	for _, lines := range want {
		if len(lines) == 0 {
			continue
		}
		event := strings.TrimPrefix(lines[0].text, "channels.")
		words := strings.Fields(event)
		switch n := strings.Join(words[:min(2, len(words))], " "); {
		case needsBlock[n]:
			p.stage.node.MineMicroBlock()
			if strings.Contains(event, "settle") {
				p.stage.node.MineKeyBlocks(1)
			}
		case needsDepth[n]:
			p.stage.node.MineKeyBlocks(1)
		}
	}
}

// send sends the request of a line.
func (p *seqPlayer) send(c *seqClient, l seqLine) error {
	method, rest, _ := strings.Cut(l.text, " ")
	params, err := p.paramsOf(c, method, rest)
	if err != nil {
		return err
	}
	var id wire.ID
	if l.id {
		c.nextID++
		id = wire.IntID(int64(c.nextID))
	}
	return c.conn.WriteMessage(websocket.TextMessage, wire.AppendRequest(nil, id, method, params))
}

func (p *seqPlayer) paramsOf(c *seqClient, method, rest string) ([]byte, error) {
	peer := p.stage.clients["R"]
	if c == peer {
		peer = p.stage.clients["I"]
	}
	key, value, _ := strings.Cut(rest, "=")
	switch {
	case rest == "signed":
		return p.signed(c, method)
	case key == "error":
		return fmt.Appendf(nil, `{"error":%s}`, value), nil
	case key == "action":
		return fmt.Appendf(nil, `{"action":%q}`, value), nil
	case method == wire.MethodMessage:
		return fmt.Appendf(nil, `{"info":"hello","to":%q}`, peer.key.ID()), nil
	case method == wire.MethodUpdateNew:
		request := p.request(`"amount":1`)
		if !strings.Contains(request, `"to"`) {
			request += fmt.Sprintf(`,"to":%q`, peer.key.ID())
		}
		request = strings.Replace(request, "SELF", c.key.ID().String(), 1)
		return fmt.Appendf(nil, `{%s,"from":%q}`, request, c.key.ID()), nil
	case method == wire.MethodDeposit || method == wire.MethodWithdraw:
		return fmt.Appendf(nil, "{%s}", p.request(`"amount":10`)), nil
	case method == wire.MethodAssumeMinimumDepth:
		return fmt.Appendf(nil, `{"tx_hash":%q}`, c.createHash()), nil
	}
	return []byte(`{}`), nil
}

// request returns the next special params, or else the usual ones.
func (p *seqPlayer) request(usual string) string {
	if len(p.requests) == 0 {
		return usual
	}
	next := p.requests[0]
	p.requests = p.requests[1:]
	return next
}

// signed answers the last request to sign that the method belongs to.
func (p *seqPlayer) signed(c *seqClient, method string) ([]byte, error) {
	how := p.how
	p.how = ""
	for _, sign := range slices.Backward(c.signs) {
		if wire.AnswerMethod(sign.Tag) != method {
			continue
		}
		s, err := tx.ParseSigned(sign.SignedTx)
		if err != nil {
			return nil, err
		}
		id := p.stage.node.NetworkID()
		switch how {
		case "wrong":
			s = s.Sign(tx.DeriveKeyPair([]byte("stranger"), ""), id, tx.Raw)
		case "both":
			s = s.Sign(p.stage.clients["I"].key, id, tx.Raw).Sign(p.stage.clients["R"].key, id, tx.Raw)
		default:
			s = s.Sign(c.key, id, tx.Raw)
		}
		text := s.Text()
		if how == "cut" {
			text = text[:len(text)-9]
		}
		return fmt.Appendf(nil, `{"signed_tx":%q}`, text), nil
	}
	return nil, fmt.Errorf("no request to sign that %s answers", method)
}

// createHash returns the hash of the create transaction that was seen on chain.
func (c *seqClient) createHash() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.frames {
		if f.OnChainTx == nil {
			continue
		}
		if s, err := tx.ParseSigned(f.OnChainTx.Tx); err == nil {
			return s.Hash().Text(tx.PrefixTxHash)
		}
	}
	return ""
}
