package simnode

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"chanbot/tx"
)

var (
	// The envelopes that brief leaves out.
	notified = regexp.MustCompile(`^\{"method":"channels\.([a-z_.]+)",\{"ch":(.*?),"data":(.*)\},"version":1\}$`)
	resulted = regexp.MustCompile(`^\{"ch":(.*?),"id":(.*?),"result":(.*),"version":1\}$`)

	coded = regexp.MustCompile(`\b(ak|ch|tx|ba|pi|ss|th|cs|st|kh)_[A-Za-z0-9+/=]+`)
	dull  = strings.NewReplacer(`"jsonrpc":"2.0",`, "", `"params":`, "", `"channel_id":`, `"ch":`)
)

// symbols makes what is random or long readable.
func (p *play) symbols(text string) string {
	return dull.Replace(coded.ReplaceAllStringFunc(text, func(code string) string {
		switch prefix := code[:2]; prefix {
		case "tx":
			return p.transaction(code)
		case "pi":
			b, _ := tx.DecodeAs(tx.PrefixProof, code)
			if proof, err := tx.DecodeProof(b); err == nil {
				return fmt.Sprintf("proof of %s", short(proof.StateHash()))
			}
		case "ss":
			b, _ := tx.DecodeAs(tx.PrefixStateTrees, code)
			if trees, err := tx.DecodeStateTrees(b); err == nil {
				return fmt.Sprintf("trees of %s", short(trees.Hash()))
			}
		case "ak":
			return cmp.Or(p.party(code), "ak_?")
		case "st":
			b, _ := tx.DecodeAs(tx.PrefixState, code)
			return fmt.Sprintf("state %.3x", b)
		default:
			if p.ids[code] == "" {
				n := 1
				for _, s := range p.ids {
					if strings.HasPrefix(s, strings.ToUpper(prefix)) {
						n++
					}
				}
				p.ids[code] = strings.ToUpper(prefix) + strconv.Itoa(n)
			}
			if b, err := tx.DecodeAs(tx.PrefixByteArray, code); err == nil && len(b) != 32 {
				return fmt.Sprintf("%s of %d bytes", p.ids[code], len(b))
			}
			return p.ids[code]
		}
		return code[:2] + "_…"
	}))
}

// brief leaves out of a frame in symbols what every frame of its kind has.
func brief(frame string) string {
	if m := notified.FindStringSubmatch(frame); m != nil {
		return m[1] + " " + m[2] + " " + m[3]
	}
	if m := resulted.FindStringSubmatch(frame); m != nil {
		return "answer " + m[2] + " " + m[1] + " " + m[3]
	}
	return frame
}

func (p *play) party(account string) string {
	for i, name := range []string{"I", "R"} {
		if p.w.keys[i].ID().String() == account {
			return name
		}
		if p.w2 != nil && p.w2.keys[i].ID().String() == account {
			return name + "2"
		}
	}
	return ""
}

// transaction shows a signed transaction in brackets, and who has signed it.
// short is the beginning of a hash.
func short(h tx.Hash) string { return fmt.Sprintf("%x", h[:3]) }

func (p *play) transaction(text string) string {
	s, err := tx.ParseSigned(text)
	if err != nil {
		return "tx_?"
	}
	t, err := s.Decode()
	if err != nil {
		return "tx_??"
	}
	who := func(id tx.ID) string { return cmp.Or(p.party(id.String()), "?") }
	var out string
	switch t := t.(type) {
	case *tx.Create:
		out = fmt.Sprintf("create %s=%v %s=%v reserve=%v lock=%d state=%s nonce=%d", who(t.InitiatorID), t.InitiatorAmount, who(t.ResponderID), t.ResponderAmount, t.ChannelReserve, t.LockPeriod, short(t.StateHash), t.Nonce)
	case *tx.OffChain:
		out = fmt.Sprintf("update %s round=%d state=%s", p.symbols(t.ChannelID.String()), t.Round, short(t.StateHash))
	case *tx.Deposit:
		out = fmt.Sprintf("deposit %s from=%s amount=%v round=%d state=%s fee=%v nonce=%d", p.symbols(t.ChannelID.String()), who(t.FromID), t.Amount, t.Round, short(t.StateHash), t.Fee, t.Nonce)
	case *tx.Withdraw:
		out = fmt.Sprintf("withdraw %s to=%s amount=%v round=%d state=%s nonce=%d", p.symbols(t.ChannelID.String()), who(t.ToID), t.Amount, t.Round, short(t.StateHash), t.Nonce)
	case *tx.CloseMutual:
		out = fmt.Sprintf("close_mutual I=%v R=%v fee=%v", t.InitiatorAmountFinal, t.ResponderAmountFinal, t.Fee)
	case *tx.Settle:
		out = fmt.Sprintf("settle I=%v R=%v", t.InitiatorAmountFinal, t.ResponderAmountFinal)
	case *tx.CloseSolo:
		out = "close_solo " + p.payload(t.Payload, t.PoI)
	case *tx.Slash:
		out = "slash " + p.payload(t.Payload, t.PoI)
	case *tx.SnapshotSolo:
		out = "snapshot " + p.payload(t.Payload, nil)
	default:
		out = t.Type()
	}
	var ids []tx.ID
	for _, w := range []*world{p.w, p.w2} {
		if w != nil {
			ids = append(ids, w.keys[0].ID(), w.keys[1].ID())
		}
	}
	signers, strangers := s.Signers(p.w.node.NetworkID(), ids...)
	var names []string
	for _, id := range signers {
		names = append(names, who(id))
	}
	for range strangers {
		names = append(names, "?")
	}
	return fmt.Sprintf("[%s; signed by %s]", out, cmp.Or(strings.Join(names, "+"), "nobody"))
}

func (p *play) payload(payload, poi []byte) string {
	text := "empty"
	if len(payload) > 0 {
		text = p.transaction(tx.Encode(tx.PrefixTransaction, payload))
	}
	if proof, err := tx.DecodeProof(poi); err == nil {
		text += fmt.Sprintf(" proof of %s", short(proof.StateHash()))
	}
	return text
}

// compare shows the commands after which two plays of a session differ: - is
// what only the first has, + what only the second has.
func compare(clean, bent [][]string) string {
	var out strings.Builder
	for i := range clean {
		a, b := clean[i][1:], bent[i][1:]
		if slices.Equal(a, b) {
			continue
		}
		fmt.Fprintf(&out, "%s\n", clean[i][0])
		for _, line := range diffLines(a, b) {
			fmt.Fprintf(&out, "%s\n", line)
		}
	}
	return out.String()
}

// diffLines is a line diff by the longest common part. Common lines are shown
// when only the order differs.
func diffLines(a, b []string) []string {
	sameLines := slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if n[i][j] = max(n[i+1][j], n[i][j+1]); a[i] == b[j] {
				n[i][j] = n[i+1][j+1] + 1
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			if sameLines {
				out = append(out, "  "+a[i])
			}
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && n[i+1][j] >= n[i][j+1]:
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	return out
}
