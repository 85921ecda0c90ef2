package wire

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var sameBig = cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })

func notification(method, data string) string {
	return `{"jsonrpc":"2.0","method":"` + method + `","params":{"channel_id":"ch_1","data":` + data + `},"version":1}`
}

func TestFrameKindsAndNames(t *testing.T) {
	tests := []struct {
		name  string
		frame string
		kind  Kind
		want  string
	}{
		{"an action was accepted", `{"channel_id":null,"id":1,"jsonrpc":"2.0","result":"ok","version":1}`, KindResult, "result ok"},
		{"an answer with spaces and another order", ` { "result" : "ok" , "id" : "a\"b" } `, KindResult, "result ok"},
		{"data", `{"channel_id":"ch_1","id":1,"jsonrpc":"2.0","result":[],"version":1}`, KindResult, "result"},
		{"a null result is data", `{"id":1,"result":null}`, KindResult, "result"},
		{"a refusal with a sub-code", `{"id":null,"error":{"code":3,"message":"Rejected","data":[{"code":1018,"message":"m"}],"request":{}}}`, KindError, "error 1018"},
		{"a refusal without sub-codes", `{"id":null,"error":{"code":-32603,"message":"Internal error","request":{}}}`, KindError, "error -32603"},
		{"a refusal whose data is no list", `{"error":{"code":3,"data":{"code":1}}}`, KindError, "error 3"},
		{"a refusal with odd entries", `{"error":{"code":3,"data":[7,{},{"code":"x"},{"code":5}]}}`, KindError, "error 5"},
		{"an answer with a null error is a result", `{"id":1,"result":"ok","error":null}`, KindResult, "result ok"},
		{"result and error at once", `{"id":1,"result":"ok","error":{"code":1}}`, KindUnknown, "unknown"},
		{"an error without a code", `{"error":{"message":"m"}}`, KindUnknown, "unknown"},
		{"an error that is text", `{"error":"bad"}`, KindUnknown, "unknown"},
		{"a code that is no integer", `{"error":{"code":1.5}}`, KindUnknown, "unknown"},
		{"an event", notification(MethodInfo, `{"event":"fsm_up","fsm_id":"ba_1"}`), KindNotification, "info fsm_up"},
		{"an event nobody knows", notification(MethodInfo, `{"event":"party"}`), KindNotification, "info party"},
		{"an info without an event", notification(MethodInfo, `{"x":1}`), KindNotification, "info"},
		{"an info whose event is no text", notification(MethodInfo, `{"event":1}`), KindNotification, "info"},
		{"an info whose data is a list", notification(MethodInfo, `[]`), KindNotification, "info"},
		{"a request to sign", notification("channels.sign.update_ack", `{"signed_tx":"tx_1","updates":[]}`), KindNotification, "sign.update_ack"},
		{"a request to sign with an unknown tag", notification("channels.sign.new", `{"signed_tx":"tx_1"}`), KindNotification, "sign.new"},
		{"a transaction", notification(MethodOnChainTx, `{"info":"channel_changed","tx":"tx_1","type":"channel_create_tx"}`), KindNotification, "on_chain_tx channel_changed"},
		{"a transaction of an unknown kind", notification(MethodOnChainTx, `{"info":"x"}`), KindNotification, "on_chain_tx x"},
		{"a conflict", notification(MethodConflict, `{"channel_id":"ch_1","error_code":42,"error_msg":"unknown","round":1}`), KindNotification, "conflict 42"},
		{"a conflict without a code", notification(MethodConflict, `{"round":1}`), KindNotification, "conflict"},
		{"a new state", notification(MethodUpdate, `{"state":"tx_1"}`), KindNotification, "update"},
		{"a message", notification(MethodMessage, `{"message":{"info":"hi"}}`), KindNotification, "message"},
		{"a leave", notification(MethodLeave, `{"state":"tx_1"}`), KindNotification, "leave"},
		{"an error report", notification(MethodError, `{"message":"bad_signature"}`), KindNotification, "error"},
		{"a reply", notification(MethodGetBalancesReply, `[]`), KindNotification, "get.balances.reply"},
		{"a pong", notification(MethodSystemPong, PongData), KindNotification, "system.pong"},
		{"a foreign method", notification("ships.sail", `{}`), KindNotification, "ships.sail"},
		{"a notification without params", `{"jsonrpc":"2.0","method":"channels.info"}`, KindUnknown, "unknown"},
		{"a notification without data", `{"method":"channels.info","params":{}}`, KindNotification, "info"},
		{"a method that is no text", `{"method":5,"params":{}}`, KindUnknown, "unknown"},
		{"a batch", `[{"id":1,"result":"ok"},{"id":2,"result":"ok"}]`, KindBatch, "batch"},
		{"the longest batch", "[" + strings.Repeat("0,", maxList-1) + "0]", KindBatch, "batch"},
		{"a longer batch", "[" + strings.Repeat("0,", maxList) + "0]", KindUnknown, "unknown"},
		{"an empty batch", `[]`, KindBatch, "batch"},
		{"an empty object", `{}`, KindUnknown, "unknown"},
		{"a number", `42`, KindUnknown, "unknown"},
		{"a string", `"hi"`, KindUnknown, "unknown"},
		{"null", `null`, KindUnknown, "unknown"},
		{"no text", ``, KindInvalid, "invalid"},
		{"no JSON", `{bad json`, KindInvalid, "invalid"},
		{"two values", `{}{}`, KindInvalid, "invalid"},
		{"a comma too many", `{"a":1,}`, KindInvalid, "invalid"},
		{"as deep as allowed", strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), KindBatch, "batch"},
		{"one too deep", strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), KindInvalid, "invalid"},
		{"endlessly deep", strings.Repeat(`{"a":`, 1<<20), KindInvalid, "invalid"},
		{"too long", `"` + strings.Repeat("x", MaxFrame) + `"`, KindInvalid, "invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := DecodeFrame([]byte(tt.frame))
			if f.Kind != tt.kind || f.Name() != tt.want {
				t.Errorf("got %v %q, want %v %q", f.Kind, f.Name(), tt.kind, tt.want)
			}
			if string(f.Raw) != tt.frame {
				t.Errorf("Raw is not the frame")
			}
		})
	}
}

// What of a frame is kept, wherever it has no field of its own.
func TestUnknownThingsAreKept(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	tests := []struct {
		name         string
		method, data string
		want         Frame // the typed part
	}{
		{"extra keys of an event", MethodInfo, `{"event":"open","x":[1, 2],"fsm_id":5,"notice":""}`,
			Frame{Info: &Info{Event: "open", Extra: map[string]json.RawMessage{"x": raw(`[1, 2]`), "fsm_id": raw("5"), "notice": raw(`""`)}}}},
		{"the last of duplicate keys", MethodInfo, `{"event":"a","fsm_id":5,"x":1,"event":"b","fsm_id":"ba_1","x":2}`,
			Frame{Info: &Info{Event: "b", FSMID: "ba_1", Extra: map[string]json.RawMessage{"x": raw("2")}}}},
		{"escapes in keys and values", MethodInfo, `{"\u0065vent":"\u006fpen"}`, Frame{Info: &Info{Event: "open"}}},
		{"invalid UTF-8", MethodInfo, "{\"event\":\"min_depth_achieved\",\"tx_hash\":\"\xd5\\u0000\",\"type\":\"t\"}",
			Frame{Info: &Info{Event: "min_depth_achieved", TxHash: "\ufffd\x00", Type: "t"}}},
		{"contract operations and odd updates", "channels.sign.update", `{"signed_tx":"tx_1","updates":[{"op":"OffChainNewContract","owner":"ak_1"},7,{"amount":1.5,"from":"a","op":"OffChainTransfer","to":"b"},{"data":"m","op":"OffChainMeta","x":1}]}`,
			Frame{Sign: &Sign{Tag: "update", SignedTx: "tx_1", Updates: []Update{
				{Op: OpNewContract, Raw: raw(`{"op":"OffChainNewContract","owner":"ak_1"}`)},
				{Raw: raw("7")},
				{Op: OpTransfer, From: "a", To: "b", Raw: raw(`{"amount":1.5,"from":"a","op":"OffChainTransfer","to":"b"}`)},
				{Op: OpMeta, Data: "m", Raw: raw(`{"data":"m","op":"OffChainMeta","x":1}`)},
			}}}},
		{"amounts of any size", "channels.sign.deposit_tx", `{"updates":[{"amount":100000000000000000000000,"from":"a","op":"OffChainDeposit"},{"amount":0,"op":"OffChainWithdrawal","to":"b"}],"signed_tx":"tx_1"}`,
			Frame{Sign: &Sign{Tag: "deposit_tx", SignedTx: "tx_1", Updates: []Update{
				{Op: OpDeposit, From: "a", Amount: new(big.Int).Exp(big.NewInt(10), big.NewInt(23), nil)},
				{Op: OpWithdrawal, To: "b", Amount: new(big.Int)},
			}}}},
		{"no updates", "channels.sign.update", `{"signed_tx":"tx_1","updates":null}`, Frame{Sign: &Sign{Tag: "update", SignedTx: "tx_1"}}},
		{"updates that are no list", "channels.sign.update", `{"signed_tx":"tx_1","updates":{}}`, Frame{}},
		{"too many updates", "channels.sign.update", `{"signed_tx":"tx_1","updates":[` + strings.Repeat("0,", maxList) + `0]}`, Frame{}},
		{"a transaction that is no text", "channels.sign.update", `{"signed_tx":1}`, Frame{}},
		{"null for what may be absent", MethodOnChainTx, `{"info":"can_slash","tx":null}`, Frame{OnChainTx: &OnChainTx{Info: "can_slash"}}},
		{"a type that is no text", MethodOnChainTx, `{"info":"can_slash","type":5}`, Frame{}},
		{"a conflict without a round", MethodConflict, `{"error_code":2}`, Frame{Conflict: &Conflict{Code: 2}}},
		{"a round below zero", MethodConflict, `{"error_code":2,"round":-1}`, Frame{}},
		{"a message to nobody", MethodMessage, `{"message":{"info":"hi","from":"a"}}`, Frame{Message: &Message{From: "a", Info: "hi"}}},
		{"a message that is no object", MethodMessage, `{"message":"hi"}`, Frame{}},
		{"an error report", MethodError, `{"message":"wrong_round"}`, Frame{ErrorReport: &ErrorReport{"wrong_round"}}},
		{"a leave", MethodLeave, `{"state":"tx_1"}`, Frame{Leave: &LeaveReport{"tx_1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := notification(tt.method, tt.data)
			got := DecodeFrame([]byte(text))
			tt.want.Raw, tt.want.Kind, tt.want.ChannelID = []byte(text), KindNotification, "ch_1"
			tt.want.Method, tt.want.Data, tt.want.Enveloped = tt.method, json.RawMessage(tt.data), true
			if diff := cmp.Diff(tt.want, got, sameBig); diff != "" {
				t.Errorf("%s\n-want +got\n%s", text, diff)
			}
		})
	}
}

func TestBatchMembers(t *testing.T) {
	f := DecodeFrame([]byte(`[ {"id":1,"channel_id":"ch_1","result":"ok"}, 7, [] , {"error":{"code":-32601}} ]`))
	var got []string
	for i := range f.Batch {
		got = append(got, f.Batch[i].Name()+" "+string(f.Batch[i].Raw))
	}
	want := []string{`result ok {"id":1,"channel_id":"ch_1","result":"ok"}`, "unknown 7", "unknown []", `error -32601 {"error":{"code":-32601}}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamesOfFramesMadeByHand(t *testing.T) {
	for want, f := range map[string]Frame{"unknown": {}, "error": {Kind: KindError}, "update": {Kind: KindNotification, Method: MethodUpdate}} {
		if got := f.Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEnvelopes(t *testing.T) {
	for text, want := range map[string]bool{
		`{"channel_id":null,"id":1,"jsonrpc":"2.0","result":"ok","version":1}`:                                              true,
		`{"channel_id":null,"id":1,"jsonrpc":"2.0","result":"ok","version":2}`:                                              false,
		`{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"open"}},"version":1}`:       true,
		`{"version":1, "jsonrpc":"2\u002e0","method":"channels.info","params":{"data":{"event":"open"}}}`:                   true,
		`{"jsonrpc":"1.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"open"}},"version":1}`:       false,
		`{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"open","version":1}}}`:       false,
		`{"method":"channels.message","params":{"data":{"message":{"info":"\"jsonrpc\":\"2.0\""}}},"version":1}`:            false,
		`{"jsonrpc":"2.0","id":1,"result":{},"version":"1"}`:                                                                false,
		`{"jsonrpc":2.0,"id":1,"result":{},"version":1}`:                                                                    false,
		`{"error":{"code":3,"message":"Rejected"},"id":null,"jsonrpc":"2.0","channel_id":null,"version":1}`:                 true,
		`{"jsonrpc":"1.0","error":{"code":3,"message":"Rejected"},"id":null,"jsonrpc":"2.0","channel_id":null,"version":1}`: true,
	} {
		if f := DecodeFrame([]byte(text)); f.Enveloped != want {
			t.Errorf("%s has the envelope of a node: %v, want %v", text, f.Enveloped, want)
		}
	}
}
