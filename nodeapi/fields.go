package nodeapi

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"chanbot/tx"
)

// fields reads the fields of a JSON object. The first mistake is kept, and what
// is read after it is of no use.
type fields struct {
	what string // for messages
	m    map[string]json.RawMessage
	err  error
}

func readObject(what string, b []byte) *fields {
	f := &fields{what: what}
	if err := json.Unmarshal(b, &f.m); err != nil || f.m == nil {
		f.err = fmt.Errorf("%s: expected a JSON object", what)
	}
	return f
}

func (f *fields) fail(name, want string, raw json.RawMessage) {
	if f.err != nil {
		return
	}
	if raw == nil {
		f.err = fmt.Errorf("%s: no %s", f.what, name)
		return
	}
	f.err = fmt.Errorf("%s: %s is %s; expected %s", f.what, name, cut(excerpt(raw)), want)
}

// get returns a field that must be there; null counts as missing.
func (f *fields) get(name string) (json.RawMessage, bool) {
	raw, ok := f.m[name]
	if f.err == nil && (!ok || string(raw) == "null") {
		f.fail(name, "", nil)
	}
	return raw, f.err == nil
}

// integerSize bounds the digits of an integer: all coins there are, in aettos,
// take 27, and reading a number of millions of digits takes long.
const integerSize = 80

// integer returns a field that is a whole number, in JSON's form without
// fraction and exponent.
func (f *fields) integer(name string) (*big.Int, bool) {
	raw, ok := f.get(name)
	if !ok {
		return nil, false
	}
	for i, c := range raw {
		if (c < '0' || c > '9') && (c != '-' || i > 0) {
			f.fail(name, "a whole number", raw)
			return nil, false
		}
	}
	v, ok := new(big.Int), len(raw) <= integerSize
	if ok {
		v, ok = v.SetString(string(raw), 10)
	}
	if !ok {
		f.fail(name, "a whole number", raw)
	}
	return v, ok
}

// amount returns a whole number from 0 of any size, never nil.
func (f *fields) amount(name string) *big.Int {
	v, ok := f.integer(name)
	if !ok {
		return new(big.Int)
	}
	if v.Sign() < 0 {
		f.fail(name, "a number from 0", f.m[name])
	}
	return v
}

// uint returns a whole number from 0 of 64 bits: a height, nonce or count.
func (f *fields) uint(name string) uint64 {
	v, ok := f.integer(name)
	if !ok {
		return 0
	}
	if !v.IsUint64() {
		f.fail(name, "a number from 0 of 64 bits", f.m[name])
		return 0
	}
	return v.Uint64()
}

func (f *fields) boolean(name string) (v bool) {
	if raw, ok := f.get(name); ok && json.Unmarshal(raw, &v) != nil {
		f.fail(name, "true or false", raw)
	}
	return v
}

// text returns a JSON string.
func (f *fields) text(name string) (v string) {
	if raw, ok := f.get(name); ok && json.Unmarshal(raw, &v) != nil {
		f.fail(name, "a text", raw)
	}
	return v
}

// words returns a JSON string that can be shown to people: not too long, and with
// nothing in it that is no character to print.
func (f *fields) words(name string) string {
	v := f.text(name)
	if cut(v) != v {
		f.fail(name, "a short text of characters that can be printed", f.m[name])
	}
	return v
}

// id returns an id of one of the kinds.
func (f *fields) id(name string, kinds ...tx.IDKind) tx.ID {
	text := f.text(name)
	if f.err != nil {
		return tx.ID{}
	}
	id, err := tx.ParseID(text)
	if err != nil || !slices.Contains(kinds, id.Kind) {
		f.fail(name, "the id of one of "+fmt.Sprint(kinds), f.m[name])
		return tx.ID{}
	}
	return id
}

// hash returns 32 bytes with one of the prefixes.
func (f *fields) hash(name string, prefixes ...tx.Prefix) tx.Hash {
	text := f.text(name)
	if f.err != nil {
		return tx.Hash{}
	}
	p, payload, err := tx.Decode(text)
	if err != nil || !slices.Contains(prefixes, p) || len(payload) != len(tx.Hash{}) {
		f.fail(name, "a hash that begins with "+fmt.Sprint(prefixes), f.m[name])
		return tx.Hash{}
	}
	return tx.Hash(payload)
}

// object opens a field that is an object.
func (f *fields) object(name string) *fields {
	raw, ok := f.get(name)
	if !ok {
		return &fields{err: f.err}
	}
	inner := readObject(f.what+": "+name, raw)
	if f.err == nil {
		f.err = inner.err
	}
	return inner
}

// list returns the elements of a field.
func (f *fields) list(name string) []json.RawMessage {
	raw, ok := f.get(name)
	if !ok {
		return nil
	}
	list, err := readList(raw)
	if err != nil {
		f.fail(name, "a list", raw)
	}
	return list
}

func readList(raw []byte) ([]json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return nil, fmt.Errorf("expected a JSON list")
	}
	return list, nil
}

// ids returns a list of accounts.
func (f *fields) ids(name string) []tx.ID {
	var all []tx.ID
	for i, raw := range f.list(name) {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			f.fail(name+"["+strconv.Itoa(i)+"]", "an account", raw)
			return nil
		}
		id, err := tx.ParseID(text)
		if err != nil || id.Kind != tx.AccountID {
			f.fail(name+"["+strconv.Itoa(i)+"]", "an account", raw)
			return nil
		}
		all = append(all, id)
	}
	return all
}
