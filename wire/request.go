package wire

import "encoding/json"

// Request is one call of a client, as the node reads it (section 3.1). The raw
// parts are slices of the frame.
type Request struct {
	Method string          // "" when "method" is there but no string: an unknown method
	ID     ID              // raw; nil when absent
	Params json.RawMessage // any JSON; nil when absent

	// SignedTx is params.signed_tx, "" unless it is a string. HasSignedTx
	// reports that the key is there, with whatever value.
	SignedTx    string
	HasSignedTx bool
	Abort       json.RawMessage // params.error of an abort, raw; nil when absent

	Raw json.RawMessage // the whole request
}

// ParseRequests reads a frame of a client. It returns ok=false for what a node
// drops without an answer (section 3.1): text that is no JSON, JSON that is
// neither object nor array, a request whose "jsonrpc" is not "2.0" or that has
// no "method", a batch with one such member or with none at all. The requests
// keep b.
func ParseRequests(b []byte) (reqs []Request, batch, ok bool) {
	if r, ok := parseAnswer(b); ok {
		return []Request{r}, false, true
	}
	v := trim(b)
	if isObject(v) {
		r, ok := parseRequest(v)
		if !ok {
			return nil, false, false
		}
		return []Request{r}, false, true
	}
	if !isArray(v) {
		return nil, false, false
	}
	for w := walkOf(v); ; {
		e := w.element()
		if e == nil {
			return reqs, true, len(reqs) > 0
		}
		r, ok := parseRequest(e)
		if !ok {
			return nil, true, false
		}
		reqs = append(reqs, r)
	}
}

func parseRequest(v []byte) (Request, bool) {
	r := Request{Raw: v}
	if !isObject(v) {
		return r, false
	}
	version, hasMethod := "", false
	for w := walkOf(v); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		switch string(key) {
		case "jsonrpc":
			version, _ = Text(value)
		case "method":
			hasMethod = true
			r.Method, _ = Text(value)
		case "id":
			r.ID = ID(value)
		case "params":
			r.Params = value
		}
	}
	if version != "2.0" || !hasMethod {
		return r, false
	}
	if known, ok := methodNames[r.Method]; ok {
		r.Method = known
	}
	if isObject(r.Params) {
		for w := walkOf(r.Params); ; {
			key, value := w.member()
			if value == nil {
				break
			}
			switch string(key) {
			case "signed_tx":
				r.SignedTx, _ = Text(value)
				r.HasSignedTx = true
			case "error":
				r.Abort = value
			}
		}
	}
	return r, true
}

// parseAnswer reads the hot frame of a client, a signed answer as
// [AppendSigned] or a JavaScript client writes it. It returns false for
// everything else, and the same request as parseRequest otherwise.
func parseAnswer(b []byte) (r Request, ok bool) {
	c := cursor{b: b}
	if len(b) > MaxFrame || !c.lit(`{"`) {
		return r, false
	}
	if c.lit(`id":`) { // id first
		if r.ID, ok = c.simpleID(); !ok || !c.lit(`,"jsonrpc":"2.0"`) {
			return r, false
		}
	} else if !c.lit(`jsonrpc":"2.0"`) {
		return r, false
	} else if c.lit(`,"id":`) {
		if r.ID, ok = c.simpleID(); !ok {
			return r, false
		}
	}
	if !c.lit(`,"method":"`) {
		return r, false
	}
	method, ok := c.plain()
	if !ok || !c.lit(`,"params":{"signed_tx":"`) {
		return r, false
	}
	tx, ok := c.plain()
	if !ok || !c.lit("}}") || c.i != len(b) {
		return r, false
	}
	params := tx.start - len(`{"signed_tx":"`)
	if r.Method, ok = methodNames[string(b[method.start:method.end])]; !ok {
		return r, false
	}
	r.Params = b[params : c.i-1 : c.i-1]
	r.SignedTx, r.HasSignedTx = string(b[tx.start:tx.end]), true
	r.Raw = b[:len(b):len(b)]
	return r, true
}
