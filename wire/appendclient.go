package wire

import (
	"encoding/json"
	"slices"
)

// Params are the parameters of one method of section 5.
type Params interface {
	// Method returns the name of the method.
	Method() string
	// AppendParams writes the params object, its keys in alphabetical order.
	AppendParams(dst []byte) []byte
}

// AppendCall writes the request that p describes; a nil id leaves "id" out.
func AppendCall(dst []byte, id ID, p Params) []byte {
	dst = append(openRequest(dst, id, p.Method()), `,"params":`...)
	return append(p.AppendParams(dst), '}')
}

// NewCall returns the frame of the request that p describes, and the request. It
// has no parameter of an answer: neither signed_tx nor error.
func NewCall(id ID, p Params) ([]byte, Request) {
	r := Request{Method: p.Method(), ID: id}
	b := append(openRequest(make([]byte, 0, 256), id, r.Method), `,"params":`...)
	start := len(b)
	b = p.AppendParams(b)
	r.Params = b[start:len(b):len(b)]
	b = append(b, '}')
	r.Raw = b[:len(b):len(b)]
	return b, r
}

// AppendRequest writes any request (section 3.1). The params are raw JSON; nil
// leaves them out, and a nil id leaves "id" out.
func AppendRequest(dst []byte, id ID, method string, params []byte) []byte {
	dst = openRequest(dst, id, method)
	if params != nil {
		dst = append(append(dst, `,"params":`...), params...)
	}
	return append(dst, '}')
}

func openRequest(dst []byte, id ID, method string) []byte {
	dst = append(dst, '{')
	if id != nil {
		dst = append(append(append(dst, `"id":`...), id...), ',')
	}
	return appendString(append(dst, `"jsonrpc":"2.0","method":`...), method)
}

// AppendSigned writes the answer to channels.sign.TAG (section 6.3) with the
// signed transaction.
func AppendSigned(dst []byte, id ID, tag string, signedTx string) []byte {
	dst = slices.Grow(dst, len(id)+len(tag)+len(signedTx)+100) // the rest has fewer
	dst = append(openRequest(dst, id, AnswerMethod(tag)), `,"params":{"signed_tx":`...)
	return append(appendString(dst, signedTx), "}}"...)
}

// NewSigned returns the frame that AppendSigned writes, and the request in it. Its
// SignedTx is a part of the frame, which must not be written to.
func NewSigned[T string | []byte](id ID, tag string, signedTx T) ([]byte, Request) {
	r := Request{Method: AnswerMethod(tag), ID: id, HasSignedTx: true}
	b := make([]byte, 0, len(id)+len(tag)+len(signedTx)+100)
	b = append(openRequest(b, id, r.Method), `,"params":`...)
	start := len(b)
	b = appendString(append(b, `{"signed_tx":`...), signedTx)
	text := cursor{b: b}.view(span{len(b) - 1 - len(signedTx), len(b) - 1})
	if r.SignedTx = text; text != string(signedTx) { // it was escaped
		r.SignedTx = string(signedTx)
	}
	b = append(b, "}}"...)
	r.Params, r.Raw = b[start:len(b)-1:len(b)-1], b[:len(b):len(b)]
	return b, r
}

// AppendAbort writes the answer to channels.sign.TAG that refuses to sign. The
// code is raw JSON: a node takes an integer in 1..65535 (section 5), tests send
// other things.
func AppendAbort(dst []byte, id ID, tag string, code json.RawMessage) []byte {
	dst = append(openRequest(dst, id, AnswerMethod(tag)), `,"params":{"error":`...)
	return append(append(dst, code...), "}}"...)
}
