package simnode

import (
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chanbot/tx"
	"chanbot/wire"
)

var rewrite = flag.Bool("update", false, "rewrite the expected parts of testdata/fsm")

// TestFSMScripts plays testdata/fsm/*.txt: a command line, ----, and what the
// two machines put out because of it. The machines are plain values here; the
// link between them, the chain and the timers are lines of the script.
func TestFSMScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/fsm/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := playScript(t, string(src))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(src), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func playScript(t *testing.T, src string) string {
	var out strings.Builder
	p := newScriptPair(t)
	for block := range strings.SplitSeq(strings.TrimSpace(src), "\n\n") {
		if strings.HasPrefix(block, "#") && !strings.Contains(block, "\n----") {
			out.WriteString(block + "\n\n")
			continue
		}
		head, _, _ := strings.Cut(block, "\n----")
		out.WriteString(head + "\n----\n")
		for line := range strings.SplitSeq(head, "\n") {
			if !strings.HasPrefix(line, "#") {
				p.command(strings.Fields(line))
			}
		}
		out.WriteString(strings.Join(p.log, ""))
		p.log = nil
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// scriptPair is two linked machines and a chain of one number.
type scriptPair struct {
	t      *testing.T
	keys   [2]tx.KeyPair
	fsms   [2]*fsm
	height uint64
	// the channel on chain
	roundOnChain, lockedUntil uint64
	// what was mined last, and what each side awaits the depth of
	deep   [2]*tx.SignedTx
	mined  *tx.SignedTx
	mailed [2][]*peerMsg // to each side, not yet delivered
	held   bool
	asked  [2]*wire.Sign // the last request to sign
	posted []*tx.SignedTx
	refuse bool // the mempool refuses
	log    []string
}

func newScriptPair(t *testing.T) *scriptPair {
	p := &scriptPair{t: t, height: 100, roundOnChain: 1}
	for i, label := range []string{"initiator", "responder"} {
		p.keys[i] = tx.DeriveKeyPair([]byte("script"), label)
	}
	return p
}

func (p *scriptPair) top() uint64                          { return p.height }
func (p *scriptPair) nextNonce(tx.ID) uint64               { return 1 }
func (p *scriptPair) blockHeight(h tx.Hash) (uint64, bool) { return uint64(h[0]), h[0] != 0 }
func (p *scriptPair) closing(tx.ID) bool                   { return p.lockedUntil != 0 }

func (p *scriptPair) onChain(tx.ID) (uint64, uint64)  { return p.roundOnChain, p.lockedUntil }
func (p *scriptPair) signer(unsigned, s []byte) tx.ID { return tx.ID{} }

func (p *scriptPair) verify(id tx.ID, unsigned, s []byte) bool {
	return tx.Verify(id, "ae_dev", unsigned, s)
}

func (p *scriptPair) start(args []string) {
	for r := roleInitiator; r <= roleResponder; r++ {
		var q strings.Builder
		q.WriteString("protocol=json-rpc&role=" + r.String() + "&host=localhost&port=3000&initiator_amount=100&responder_amount=100&push_amount=10" +
			"&channel_reserve=2&lock_period=10&keep_running=false&initiator_id=" + p.keys[0].ID().String() + "&responder_id=" + p.keys[1].ID().String())
		var cfg Config
		for _, a := range args {
			if a == "era=2020" {
				cfg.Era = Era2020
			} else if a == "forgiving" {
				cfg.Forgiving = true
			} else {
				q.WriteString("&" + a)
			}
		}
		params, bad := parseParams(q.String())
		if bad != nil {
			p.t.Fatalf("%s: %s", q.String(), bad)
		}
		p.fsms[r] = newFSM(&params, p, &cfg, "ba_"+r.String())
	}
}

// command runs one line: `open`, or a side (I, R) and what happens to it.
func (p *scriptPair) command(args []string) {
	switch args[0] {
	case "start":
		p.start(args[1:])
	case "open":
		p.start(args[1:])
		p.step(0, event{kind: evLinkUp})
		p.sign(0, "good")
		p.sign(1, "good")
		p.mine()
		for r := range p.fsms {
			p.step(r, event{kind: evDepth, signed: p.deep[r]})
		}
		p.log = []string{fmt.Sprintf("I %s, R %s\n", p.fsms[0].state, p.fsms[1].state)}
	case "hold":
		p.held = true
	case "release":
		p.held = false
		p.deliver()
	case "mine":
		p.mine()
	case "refuse":
		p.refuse = true
	case "take":
		p.refuse = false
	case "closing":
		n, _ := strconv.Atoi(args[1])
		p.lockedUntil = 0
		if n > 0 {
			p.lockedUntil = p.height + uint64(n)
		}
	case "round":
		n, _ := strconv.Atoi(args[1])
		p.roundOnChain = uint64(n)
	case "reestablish":
		p.reestablish()
	case "blocks":
		n, _ := strconv.Atoi(args[1])
		p.height += uint64(n)
	case "states":
		for r, f := range p.fsms {
			p.logf("%s %s round %d, %s/%s, %d kept", "IR"[r:r+1], f.state, f.round, f.balances.initiator, f.balances.responder, len(f.postponed))
		}
	case "I", "R":
		p.side(strings.Index("IR", args[0]), args[1], args[2:])
	default:
		p.t.Fatalf("unknown command %q", args)
	}
}

func (p *scriptPair) side(r int, what string, args []string) {
	arg := func(i int, otherwise string) string {
		if i < len(args) {
			return args[i]
		}
		return otherwise
	}
	number, _ := strconv.Atoi(arg(0, "0"))
	ask := func(c clientRequest) { p.step(r, event{kind: evRequest, request: &c}) }
	own, peer := p.keys[r].ID(), p.keys[1-r].ID()
	switch what {
	case "transfer":
		ask(clientRequest{method: wire.MethodUpdateNew, from: own, to: peer, amount: big.NewInt(int64(number))})
	case "deposit":
		ask(clientRequest{method: wire.MethodDeposit, amount: big.NewInt(int64(number))})
	case "withdraw":
		ask(clientRequest{method: wire.MethodWithdraw, amount: big.NewInt(int64(number))})
	case "shutdown":
		ask(clientRequest{method: wire.MethodShutdown, fee: big.NewInt(int64(number))})
	case "close_solo":
		ask(clientRequest{method: wire.MethodCloseSolo})
	case "snapshot":
		ask(clientRequest{method: wire.MethodSnapshotSolo})
	case "slash":
		ask(clientRequest{method: wire.MethodSlash})
	case "settle":
		ask(clientRequest{method: wire.MethodSettle})
	case "leave":
		ask(clientRequest{method: wire.MethodLeave})
	case "balances":
		ask(clientRequest{method: wire.MethodGetBalances, accounts: []tx.ID{own, peer}})
	case "message":
		ask(clientRequest{method: wire.MethodMessage, toText: peer.String(), text: arg(0, "")})
	case "abort":
		code, _ := strconv.Atoi(arg(1, "42"))
		ask(clientRequest{method: "channels." + args[0], abort: true, tag: args[0], code: code})
	case "sign":
		p.sign(r, arg(0, "good"))
	case "timer":
		p.step(r, event{kind: evTimer})
	case "unlocked":
		p.step(r, event{kind: evDepth})
	case "assume":
		hash := p.mined.Hash()
		ask(clientRequest{method: wire.MethodAssumeMinimumDepth, txHash: &hash})
	case "depth":
		p.step(r, event{kind: evDepth, signed: p.deep[r]})
	case "lost":
		p.step(r, event{kind: evClientLost})
	case "back":
		p.step(r, event{kind: evClientBack})
	case "linkdown":
		p.step(r, event{kind: evLinkDown})
	case "linkup":
		p.step(r, event{kind: evLinkUp})
	case "stop":
		p.step(r, event{kind: evStop})
	default:
		p.t.Fatalf("unknown event %q", what)
	}
}

// sign answers the last request of a side: good, none, stranger, both (signs
// for the peer too), peer (the peer's signature instead of the own).
func (p *scriptPair) sign(r int, how string) {
	ask := p.asked[r]
	if ask == nil {
		p.t.Fatalf("%s was asked nothing", "IR"[r:r+1])
	}
	s, err := tx.ParseSigned(ask.SignedTx)
	if err != nil {
		p.t.Fatal(err)
	}
	stranger := tx.DeriveKeyPair([]byte("script"), "stranger")
	switch how {
	case "good":
		s = s.Sign(p.keys[r], "ae_dev", tx.Raw)
	case "stranger":
		s = s.Sign(stranger, "ae_dev", tx.Raw)
	case "both":
		s = s.Sign(p.keys[0], "ae_dev", tx.Raw).Sign(p.keys[1], "ae_dev", tx.Hashed)
	case "peer":
		s = s.Sign(p.keys[1-r], "ae_dev", tx.Raw)
	case "alone":
		s = (&tx.SignedTx{Tx: s.Tx}).Sign(p.keys[r], "ae_dev", tx.Raw)
	}
	p.step(r, event{kind: evSigned, tag: ask.Tag, signed: s})
}

func (p *scriptPair) mine() {
	for _, s := range p.posted {
		p.mined = s
		inner, err := s.Decode()
		if err != nil {
			p.t.Fatal(err)
		}
		for r := range p.fsms {
			p.step(r, event{kind: evMined, signed: s, mined: inner, height: p.height, round: p.roundOnChain})
		}
	}
	p.posted = nil
}

func (p *scriptPair) logf(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf(format, args...)+"\n")
}

// step runs one machine, notes what it puts out, and delivers its messages.
func (p *scriptPair) step(r int, ev event) {
	name := "IR"[r : r+1]
	var post *tx.SignedTx
	for _, a := range p.fsms[r].Step(ev) {
		switch a.kind {
		case actNotify:
			f := wire.DecodeFrame(a.frame)
			null := ""
			if f.ChannelID == "" {
				null = " [null]"
			}
			if f.Sign != nil {
				p.asked[r] = f.Sign
			}
			detail := ""
			if f.Conflict != nil {
				detail = fmt.Sprintf(" round=%d", f.Conflict.Round)
			}
			if f.Message != nil {
				detail = " " + f.Message.Info
			}
			p.logf("%s<- %s%s%s", name, f.Name(), detail, null)
		case actReply:
			p.logf("%s<- %s", name, describeAnswer(a.reply, p))
		case actPeer:
			p.logf("%s   >%s%s", name, a.msg.kind, codeOf(a.msg))
			p.mailed[1-r] = append(p.mailed[1-r], a.msg)
		case actPost:
			post = a.post
		case actDepth:
			p.deep[r] = a.deep
		case actEnd:
			p.logf("%s ends", name)
			p.mailed[1-r] = append(p.mailed[1-r], new(peerMsg))
		}
	}
	if post != nil {
		if !p.refuse {
			p.posted = append(p.posted, post)
		}
		p.step(r, event{kind: evPosted, ok: !p.refuse})
	}
	p.deliver()
}

func codeOf(m *peerMsg) string {
	if m.code == 0 {
		return ""
	}
	return fmt.Sprintf(" %d", m.code)
}

func describeAnswer(a answer, p *scriptPair) string {
	switch {
	case a.code != 0 && len(a.sub) > 0:
		return fmt.Sprintf("error %d/%d", a.code, a.sub[0])
	case a.code != 0:
		return fmt.Sprintf("error %d", a.code)
	case a.result != nil:
		text := string(a.result)
		for r, k := range p.keys {
			text = strings.ReplaceAll(text, k.ID().String(), "IR"[r:r+1])
		}
		return "result " + text
	}
	return "ok"
}

// deliver hands messages over in the order in which they were sent; a message
// without a kind is the end of the link.
func (p *scriptPair) deliver() {
	for !p.held {
		moved := false
		for r := range p.fsms {
			if len(p.mailed[r]) == 0 {
				continue
			}
			m := p.mailed[r][0]
			p.mailed[r] = p.mailed[r][1:]
			moved = true
			if m.kind == msgNone {
				p.step(r, event{kind: evLinkDown})
			} else {
				p.step(r, event{kind: evPeer, msg: m})
			}
		}
		if !moved {
			return
		}
	}
}
