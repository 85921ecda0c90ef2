package wire

import (
	"math/big"
	"unsafe"
)

// cursor reads text of one exact shape. Everything that is not written as a
// node writes it makes the fast path give up, and the general decoder starts
// over: escapes, characters outside ASCII, spaces, another order of keys,
// duplicate or unknown keys.
type cursor struct {
	b []byte
	i int
}

// lit reads s.
func (c *cursor) lit(s string) bool {
	if len(c.b)-c.i < len(s) || string(c.b[c.i:c.i+len(s)]) != s {
		return false
	}
	c.i += len(s)
	return true
}

// span is a part of the frame, from start to end.
type span struct{ start, end int }

// view returns a part of the frame as text. It is no copy: whoever hands a frame to
// the decoder does not write to it again.
func (c cursor) view(s span) string {
	b := c.b[s.start:s.end]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// plain reads text up to a quote and the quote itself; no byte of the text
// needs care.
func (c *cursor) plain() (span, bool) {
	start := c.i
	end := plainEnd(c.b, start)
	if end == len(c.b) || c.b[end] != '"' {
		return span{}, false
	}
	c.i = end + 1
	return span{start, end}, true
}

// nullable reads null or a string.
func (c *cursor) nullable() (span, bool) {
	if c.lit(`"`) {
		return c.plain()
	}
	return span{}, c.lit("null")
}

// natural reads a JSON integer of at most 19 digits and no sign.
func (c *cursor) natural() (uint64, bool) {
	start := c.i
	for c.i < len(c.b) && '0' <= c.b[c.i] && c.b[c.i] <= '9' {
		c.i++
	}
	return smallNatural(c.b[start:c.i])
}

// simpleID reads an id that is a short integer or a plain string.
func (c *cursor) simpleID() (ID, bool) {
	start, ok := c.i, false
	if c.lit(`"`) {
		_, ok = c.plain()
	} else {
		c.lit("-")
		_, ok = c.natural()
	}
	return ID(c.b[start:c.i:c.i]), ok
}

const (
	fastNotification = `{"jsonrpc":"2.0","method":"channels.`
	fastAnswer       = `{"channel_id":`
	fastEnd          = `},"version":1}`
)

// decodeFast reads the hot frames into f, which is zero. It returns false for
// everything else and leaves f in any state; the same frame as decodeGeneral
// otherwise.
func decodeFast(f *Frame, b []byte) bool {
	if len(b) > MaxFrame {
		return false
	}
	c := cursor{b: b}
	switch {
	case c.lit(fastNotification):
		return c.notification(f)
	case c.lit(fastAnswer):
		return c.ok(f)
	}
	return false
}

// ok reads the rest of an answer whose result is "ok".
func (c *cursor) ok(f *Frame) bool {
	channel, ok := c.nullable()
	if !ok || !c.lit(`,"id":`) {
		return false
	}
	id, ok := c.simpleID()
	if !ok || !c.lit(`,"jsonrpc":"2.0","result":`) {
		return false
	}
	start := c.i
	if !c.lit(`"ok"`) {
		return false
	}
	result := c.b[start:c.i:c.i]
	if !c.lit(`,"version":1}`) || c.i != len(c.b) {
		return false
	}
	f.Raw, f.Kind, f.ID, f.Result, f.Enveloped = c.b, KindResult, id, result, true
	f.ChannelID = c.view(channel)
	return true
}

// notification reads the rest of channels.info, channels.update or
// channels.sign.TAG.
func (c *cursor) notification(f *Frame) bool {
	method, ok := c.plain()
	if !ok || !c.lit(`,"params":{"channel_id":`) {
		return false
	}
	channel, ok := c.nullable()
	if !ok || !c.lit(`,"data":{`) {
		return false
	}
	start := c.i - 1
	switch name := c.b[method.start-len(methodPrefix) : method.end]; {
	case string(name) == MethodInfo:
		f.Method = MethodInfo
		ok = c.info(f)
	case string(name) == MethodUpdate:
		f.Method = MethodUpdate
		ok = c.update(f)
	case len(name) > len(signPrefix) && string(name[:len(signPrefix)]) == signPrefix:
		f.Method, ok = methodNames[string(name)]
		ok = ok && c.sign(f)
	default:
		return false
	}
	end := c.i
	if !ok || !c.lit(fastEnd) || c.i != len(c.b) {
		return false
	}
	f.Raw, f.Kind, f.Data, f.Enveloped = c.b, KindNotification, c.b[start:end:end], true
	f.ChannelID = c.view(channel)
	return true
}

// info reads the rest of {"event":E} or {"event":E,"fsm_id":F}.
func (c *cursor) info(f *Frame) bool {
	if !c.lit(`"event":"`) {
		return false
	}
	event, ok := c.plain()
	if !ok {
		return false
	}
	var fsm span
	if c.lit(`,"fsm_id":"`) {
		if fsm, ok = c.plain(); !ok || fsm.start == fsm.end {
			return false
		}
	}
	f.Info = &Info{Event: eventName(c.b[event.start:event.end]), FSMID: c.view(fsm)}
	return c.lit("}")
}

// update reads the rest of {"state":S}.
func (c *cursor) update(f *Frame) bool {
	if !c.lit(`"state":"`) {
		return false
	}
	state, ok := c.plain()
	f.Update = &UpdateReport{State: c.view(state)}
	return ok && c.lit("}")
}

// oneTransfer is a request to sign one transfer, with all that belongs to it
// in one piece of memory.
type oneTransfer struct {
	sign   Sign
	update [1]Update
	amount big.Int
	word   [1]big.Word
}

// sign reads the rest of {"signed_tx":T,"updates":[]} or of the same with one
// transfer.
func (c *cursor) sign(f *Frame) bool {
	if !c.lit(`"signed_tx":"`) {
		return false
	}
	tag := f.Method[len(signPrefix):]
	tx, ok := c.plain()
	if !ok || !c.lit(`,"updates":[`) {
		return false
	}
	if c.lit("]}") {
		f.Sign = &Sign{Tag: tag, SignedTx: c.view(tx)}
		return true
	}
	if !c.lit(`{"amount":`) {
		return false
	}
	amount, ok := c.natural()
	if !ok || uint64(big.Word(amount)) != amount || !c.lit(`,"from":"`) {
		return false
	}
	from, ok := c.plain()
	if !ok || !c.lit(`,"op":"OffChainTransfer","to":"`) {
		return false
	}
	to, ok := c.plain()
	if !ok || !c.lit(`}]}`) {
		return false
	}
	one := &oneTransfer{sign: Sign{Tag: tag, SignedTx: c.view(tx)}}
	if amount != 0 {
		one.word[0] = big.Word(amount)
		one.amount.SetBits(one.word[:])
	}
	one.update[0] = Update{
		Op: OpTransfer, From: c.view(from), To: c.view(to), Amount: &one.amount,
	}
	one.sign.Updates = one.update[:]
	f.Sign = &one.sign
	return true
}

// ReadTransfer reads the params of an update.new without block_hash and meta, with
// an amount that fits into 19 digits, as [UpdateNew] writes them. It returns
// ok=false for everything else. The texts are parts of params, which must not be
// written to again.
func ReadTransfer(params []byte) (from, to string, amount uint64, ok bool) {
	c := cursor{b: params}
	if !c.lit(`{"amount":`) {
		return "", "", 0, false
	}
	if amount, ok = c.natural(); !ok || !c.lit(`,"from":"`) {
		return "", "", 0, false
	}
	f, ok := c.plain()
	if !ok || !c.lit(`,"to":"`) {
		return "", "", 0, false
	}
	t, ok := c.plain()
	if !ok || !c.lit("}") || c.i != len(params) {
		return "", "", 0, false
	}
	return c.view(f), c.view(t), amount, true
}
