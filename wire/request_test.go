package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a node drops and what it reads (section 3.1).
func TestParseRequests(t *testing.T) {
	one := func(r Request) []Request { return []Request{r} }
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	tests := []struct {
		name  string
		frame string
		want  []Request // nil: dropped; Raw of a lone request is the frame
		batch bool
	}{
		{"a signed answer", `{"id":-5,"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":"tx_1"}}`,
			one(Request{Method: MethodUpdate, ID: ID("-5"), Params: raw(`{"signed_tx":"tx_1"}`), SignedTx: "tx_1", HasSignedTx: true}), false},
		{"a signed answer of a JavaScript client", `{"jsonrpc":"2.0","id":"a","method":"channels.update","params":{"signed_tx":"tx_1"}}`,
			one(Request{Method: MethodUpdate, ID: ID(`"a"`), Params: raw(`{"signed_tx":"tx_1"}`), SignedTx: "tx_1", HasSignedTx: true}), false},
		{"a signed answer without an id", `{"jsonrpc":"2.0","method":"channels.initiator_sign","params":{"signed_tx":"tx_1"}}`,
			one(Request{Method: MethodInitiatorSign, Params: raw(`{"signed_tx":"tx_1"}`), SignedTx: "tx_1", HasSignedTx: true}), false},
		{"a signed answer that is no text", `{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":7}}`,
			one(Request{Method: MethodUpdate, Params: raw(`{"signed_tx":7}`), HasSignedTx: true}), false},
		{"a signed answer and an abort at once", `{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":"tx_1","error":42}}`,
			one(Request{Method: MethodUpdate, Params: raw(`{"signed_tx":"tx_1","error":42}`), SignedTx: "tx_1", HasSignedTx: true, Abort: raw("42")}), false},
		{"an abort with a strange code", `{"jsonrpc":"2.0","method":"channels.update","params":{"error":"42"}}`,
			one(Request{Method: MethodUpdate, Params: raw(`{"error":"42"}`), Abort: raw(`"42"`)}), false},
		{"spaces, another order, extra keys", " {\n\"params\" : { } ,\"x\":[{}],\"method\":\"channels.leave\",\"jsonrpc\":\"2.0\"}\t",
			one(Request{Method: MethodLeave, Params: raw(`{ }`), Raw: raw("{\n\"params\" : { } ,\"x\":[{}],\"method\":\"channels.leave\",\"jsonrpc\":\"2.0\"}")}), false},
		{"no params", `{"jsonrpc":"2.0","method":"channels.leave"}`, one(Request{Method: MethodLeave}), false},
		{"params that are no object", `{"jsonrpc":"2.0","method":"channels.leave","params":[1]}`,
			one(Request{Method: MethodLeave, Params: raw("[1]")}), false},
		{"a null id is an id", `{"jsonrpc":"2.0","id":null,"method":"channels.leave"}`, one(Request{Method: MethodLeave, ID: ID("null")}), false},
		{"an id of any JSON", `{"jsonrpc":"2.0","id":{"b":[1]},"method":"channels.leave"}`, one(Request{Method: MethodLeave, ID: ID(`{"b":[1]}`)}), false},
		{"an unknown method", `{"jsonrpc":"2.0","method":"channels.zzz"}`, one(Request{Method: "channels.zzz"}), false},
		{"a method that is no text", `{"jsonrpc":"2.0","method":{}}`, one(Request{}), false},
		{"escapes", `{"jsonrpc":"\u0032.0","m\u0065thod":"channels\u002eleave"}`, one(Request{Method: MethodLeave}), false},
		{"duplicate keys: the last wins", `{"jsonrpc":"1.0","jsonrpc":"2.0","method":"a","method":"b","id":1,"id":2}`, one(Request{Method: "b", ID: ID("2")}), false},
		{"a batch of one", `[{"jsonrpc":"2.0","method":"channels.leave"}]`,
			one(Request{Method: MethodLeave, Raw: raw(`{"jsonrpc":"2.0","method":"channels.leave"}`)}), true},
		{"a batch of two", `[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]`,
			[]Request{{Method: "a", Raw: raw(`{"jsonrpc":"2.0","method":"a"}`)}, {Method: "b", Raw: raw(`{"jsonrpc":"2.0","method":"b"}`)}}, true},

		{"dropped: a batch with a member without a method", `[{"jsonrpc":"2.0","method":"a"},{"id":11}]`, nil, true},
		{"dropped: a batch with a number", `[{"jsonrpc":"2.0","method":"a"},1]`, nil, true},
		{"dropped: a batch in a batch", `[[{"jsonrpc":"2.0","method":"a"}]]`, nil, true},
		{"dropped: the empty batch", `[]`, nil, true},
		{"dropped: no text", ``, nil, false},
		{"dropped: no JSON", `{bad json`, nil, false},
		{"dropped: a number", `42`, nil, false},
		{"dropped: null", `null`, nil, false},
		{"dropped: no version", `{"id":1,"method":"channels.leave"}`, nil, false},
		{"dropped: another version", `{"jsonrpc":"1.0","method":"channels.leave"}`, nil, false},
		{"dropped: a version that is a number", `{"jsonrpc":2.0,"method":"channels.leave"}`, nil, false},
		{"dropped: no method", `{"jsonrpc":"2.0","id":3,"params":{}}`, nil, false},
		{"dropped: text behind", `{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":"tx_1"}}}`, nil, false},
		{"dropped: too deep", strings.Repeat("[", 100_000), nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if len(tt.want) == 1 && tt.want[0].Raw == nil {
				tt.want[0].Raw = raw(tt.frame)
			}
			got, batch, ok := ParseRequests([]byte(tt.frame))
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want != nil) || batch != tt.batch {
				t.Errorf("batch %v, ok %v; want %v, %v\n-want +got\n%s", batch, ok, tt.batch, tt.want != nil, diff)
			}
		})
	}
}
