package model

import (
	"encoding/json"
	"math/big"
	"strings"

	"chanbot/wire"
)

// wish is an own operation with an amount, as it was asked for: update.new,
// deposit or withdraw.
type wish struct {
	op       string // wire.OpTransfer, wire.OpDeposit or wire.OpWithdrawal
	from, to string
	amount   *big.Int
	meta     []string
	plain    bool // it has nothing but parties and a small amount
}

// parseWish reads the params of a request; nil when they are not well formed.
// own is the account that asks.
func parseWish(method, own string, params json.RawMessage) *wish {
	if method == wire.MethodUpdateNew {
		if from, to, amount, ok := wire.ReadTransfer(params); ok {
			return &wish{op: wire.OpTransfer, from: from, to: to, amount: new(big.Int).SetUint64(amount), plain: true}
		}
	}
	members, _ := wire.Members(params)
	w := &wish{}
	ok := true
	text := func(key string) string {
		s, isText := wire.Text(members[key])
		ok = ok && isText
		return s
	}
	switch method {
	case wire.MethodUpdateNew:
		w.op, w.from, w.to = wire.OpTransfer, text("from"), text("to")
	case wire.MethodDeposit:
		w.op, w.from = wire.OpDeposit, own
		ok = own != ""
	case wire.MethodWithdraw:
		w.op, w.to = wire.OpWithdrawal, own
		ok = own != ""
	default:
		return nil
	}
	amount, isNumber := wire.Integer(members["amount"])
	if !ok || !isNumber {
		return nil
	}
	w.amount = amount
	if meta := members["meta"]; meta != nil {
		var list []json.RawMessage
		if json.Unmarshal(meta, &list) != nil {
			return nil
		}
		for _, raw := range list {
			s, isText := wire.Text(raw)
			if !isText {
				return nil
			}
			w.meta = append(w.meta, s)
		}
	}
	return w
}

// is reports whether the updates are what was asked for, in order
// (transactions 6).
func (w *wish) is(updates []wire.Update) bool {
	if len(updates) != 1+len(w.meta) {
		return false
	}
	u := &updates[0]
	if u.Op != w.op || u.From != w.from || u.To != w.to || u.Amount != nil && u.Amount.Cmp(w.amount) != 0 {
		return false
	}
	for i, m := range w.meta {
		if u := &updates[1+i]; u.Op != wire.OpMeta || plain(m) && u.Data != m {
			return false
		}
	}
	return true
}

// plain reports whether a text is written the same way by everybody.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func (w *wish) String() string {
	all := []wire.Update{{Op: w.op, From: w.from, To: w.to, Amount: w.amount}}
	for _, m := range w.meta {
		all = append(all, wire.Update{Op: wire.OpMeta, Data: m})
	}
	return describe(all)
}

// describe shows updates in words.
func describe(updates []wire.Update) string {
	var s strings.Builder
	for i := range updates {
		u := &updates[i]
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(u.Op)
		if u.Amount != nil {
			s.WriteString(" of " + excerpt(u.Amount.String()))
		}
		if u.From != "" {
			s.WriteString(" from " + excerpt(u.From))
		}
		if u.To != "" {
			s.WriteString(" to " + excerpt(u.To))
		}
		if u.Data != "" {
			s.WriteString(" " + quoted(u.Data))
		}
	}
	if s.String() == "" {
		return "no updates"
	}
	return excerpt(s.String())
}
