package wire

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The literal examples of section 8, and what the recordings do not have.
func TestNodeFrames(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	tests := []struct{ name, got, want string }{
		{"a bad parameter at opening", string(AppendError(nil, nil, "", CodeRejected, []int{CodeParticipantNotFound}, nil)),
			`{"channel_id":null,"error":{"code":3,"data":[{"code":1011,"message":"Participant not found"}],"message":"Rejected","request":{}},"id":null,"jsonrpc":"2.0","version":1}`},
		{"a refusal echoes the request with sorted keys", string(AppendError(nil, ID(`{"b":1, "a":2}`), "ch_1", CodeInternalError, nil, []byte(`{"params": {"z":[{"b":1.0,"a":2}],"a":1},"method":"x"}`))),
			`{"channel_id":"ch_1","error":{"code":-32603,"message":"Internal error","request":{"method":"x","params":{"a":1,"z":[{"a":2,"b":1.0}]}}},"id":{"a":2,"b":1},"jsonrpc":"2.0","version":1}`},
		{"two sub-codes", string(AppendError(nil, ID("1"), "ch_1", CodeRejected, []int{CodeBrokenAccount, CodeBrokenContract}, []byte("{}"))),
			`{"channel_id":"ch_1","error":{"code":3,"data":[{"code":1005,"message":"Broken encoding: account pubkey"},{"code":1006,"message":"Broken encoding: contract pubkey"}],"message":"Rejected","request":{}},"id":1,"jsonrpc":"2.0","version":1}`},
		{"a request that is no JSON is not echoed", string(AppendError(nil, ID("1"), "", CodeMethodNotFound, nil, []byte("{"))),
			`{"channel_id":null,"error":{"code":-32601,"message":"Method not found","request":{}},"id":1,"jsonrpc":"2.0","version":1}`},
		{"data", string(AppendResult(nil, ID(`"a"`), "ch_1", []byte(PongData))),
			`{"channel_id":"ch_1","id":"a","jsonrpc":"2.0","result":{"action":"system","tag":"pong"},"version":1}`},
		{"an event with every key", string(AppendInfo(nil, "ch_1", Info{Event: "e", FSMID: "f", TxHash: "h", TxType: "y", Type: "t", Notice: "n"})),
			notification(MethodInfo, `{"event":"e","fsm_id":"f","notice":"n","tx_hash":"h","tx_type":"y","type":"t"}`)},
		{"an event with extra keys", string(AppendInfo(nil, "ch_1", Info{Event: "e", FSMID: "f", Extra: map[string]json.RawMessage{"a": raw("1"), "g": raw("null"), "fsm_id": raw("5"), "zü\n": raw("{}")}})),
			notification(MethodInfo, `{"a":1,"event":"e","fsm_id":"f","g":null,"zü\n":{}}`)},
		{"every operation", string(AppendSign(nil, "ch_1", Sign{Tag: "update", SignedTx: "tx_1", Updates: []Update{
			{Op: OpTransfer, From: "a", To: "b", Amount: bigInt("18446744073709551616")}, {Op: OpDeposit, From: "a"}, {Op: OpWithdrawal, To: "b", Amount: big.NewInt(-1)},
			{Op: OpMeta}, {Op: OpNewContract, Raw: raw(`{"op":"OffChainNewContract"}`)}, {Op: "New", To: "b"}}})),
			notification("channels.sign.update", `{"signed_tx":"tx_1","updates":[{"amount":18446744073709551616,"from":"a","op":"OffChainTransfer","to":"b"},{"amount":0,"from":"a","op":"OffChainDeposit"},`+
				`{"amount":-1,"op":"OffChainWithdrawal","to":"b"},{"data":"","op":"OffChainMeta"},{"op":"OffChainNewContract"},{"op":"New","to":"b"}]}`)},
		{"a strange tag", string(AppendSign(nil, "ch_1", Sign{Tag: "a\"é\x01"})), notification(`channels.sign.a\"é\u0001`, `{"signed_tx":"","updates":[]}`)},
		{"an error report", string(AppendErrorReport(nil, "ch_1", "wrong_round")), notification(MethodError, `{"message":"wrong_round"}`)},
		{"a message without a channel", string(AppendMessage(nil, "ch_1", Message{From: "a", To: "b", Info: "\t<&>\u2028\xff"})),
			notification(MethodMessage, "{\"message\":{\"channel_id\":null,\"from\":\"a\",\"info\":\"\\t<&>\u2028\ufffd\",\"to\":\"b\"}}")},
		{"a contract", string(AppendContract(nil, Contract{ContractHead{1, true, big.NewInt(5), "ct_1", "ak_1", nil, 5}, map[string]string{"ck_2": "cv_2", "ck_1": "cv_1"}})),
			`{"contract":{"abi_version":1,"active":true,"deposit":5,"id":"ct_1","owner_id":"ak_1","referrer_ids":[],"vm_version":5},"contract_state":{"ck_1":"cv_1","ck_2":"cv_2"}}`},
		{"a call", string(AppendCallData(nil, Call{CallerID: "ak_1", CallerNonce: 3, Height: 3, ContractID: "ct_1", GasPrice: big.NewInt(1), GasUsed: big.NewInt(192), ReturnType: "ok", ReturnValue: "cb_1"})),
			`{"caller_id":"ak_1","caller_nonce":3,"contract_id":"ct_1","gas_price":1,"gas_used":192,"height":3,"log":[],"return_type":"ok","return_value":"cb_1"}`},
		{"no answer to a batch", string(AppendBatch(nil)), ""},
		{"one answer to a batch", string(AppendBatch(nil, []byte("1"))), "1"},
		{"two answers to a batch", string(AppendBatch(nil, []byte("1"), []byte("2"))), "[1,2]"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.name, tt.got, tt.want)
		}
		if tt.want != "" && !json.Valid([]byte(tt.got)) {
			t.Errorf("%s: no JSON: %s", tt.name, tt.got)
		}
	}
}

// Frames of the seed transcript, and every method with all it can carry.
func TestClientFrames(t *testing.T) {
	n := func(i int64) *big.Int { return big.NewInt(i) }
	all := Options{Nonce: n(1), Fee: n(2), GasPrice: n(3)}
	call := func(p Params) string {
		frame, known := NewCall(ID("7"), p)
		if read, batch, ok := ParseRequests(frame); !ok || batch || !cmp.Equal(read, []Request{known}) || string(frame) != string(AppendCall(nil, ID("7"), p)) {
			t.Errorf("%s is known as %+v, read as %+v", frame, known, read)
		}
		return string(AppendCall(nil, nil, p))
	}
	want := func(method, params string) string {
		return `{"jsonrpc":"2.0","method":"` + method + `","params":` + params + `}`
	}
	tests := []struct{ name, got, want string }{
		{"an id", string(AppendCall(nil, IntID(-576460752303422891), System{ActionStop})),
			`{"id":-576460752303422891,"jsonrpc":"2.0","method":"channels.system","params":{"action":"stop"}}`},
		{"a signed answer", string(AppendSigned(nil, ID("1"), TagSlashTx, "tx_1")), `{"id":1,"jsonrpc":"2.0","method":"channels.slash_sign","params":{"signed_tx":"tx_1"}}`},
		{"an abort", string(AppendAbort(nil, nil, TagUpdate, json.RawMessage("42"))), want("channels.update", `{"error":42}`)},
		{"no params", string(AppendRequest(nil, nil, MethodLeave, nil)), `{"jsonrpc":"2.0","method":"channels.leave"}`},
		{"raw params", string(AppendRequest(nil, nil, "x", []byte("[1]"))), want("x", "[1]")},

		{"transfer", call(UpdateNew{From: "a", To: "b", Amount: n(1)}), want(MethodUpdateNew, `{"amount":1,"from":"a","to":"b"}`)},
		{"pinned transfer", call(UpdateNew{From: "a", To: "b", BlockHash: "kh_1", Meta: []string{"m", "wörld", ""}}),
			want(MethodUpdateNew, `{"amount":0,"block_hash":"kh_1","from":"a","meta":["m","wörld",""],"to":"b"}`)},
		{"new contract", call(NewContract{VMVersion: 8, ABIVersion: 3, Deposit: n(10), Code: "cb_1", CallData: "cb_2", Meta: []string{}}),
			want(MethodUpdateNewContract, `{"abi_version":3,"call_data":"cb_2","code":"cb_1","deposit":10,"meta":[],"vm_version":8}`)},
		{"call", call(CallContract{ContractID: "ct_1", ABIVersion: 3, Amount: n(0), CallData: "cb_1", BlockHash: "mh_1", Meta: []string{"m"}}),
			want(MethodUpdateCallContract, `{"abi_version":3,"amount":0,"block_hash":"mh_1","call_data":"cb_1","contract_id":"ct_1","meta":["m"]}`)},
		{"dry run", call(DryRun{ContractID: "ct_1", CallData: "cb_1"}), want(MethodDryRunCallContract, `{"abi_version":0,"amount":0,"call_data":"cb_1","contract_id":"ct_1"}`)},
		{"deposit", call(Deposit{Amount: n(4), BlockHash: "kh_1", Meta: []string{"m"}, Options: all}),
			want(MethodDeposit, `{"amount":4,"block_hash":"kh_1","fee":2,"gas_price":3,"meta":["m"],"nonce":1}`)},
		{"withdraw", call(Withdraw{Amount: n(4)}), want(MethodWithdraw, `{"amount":4}`)},
		{"shutdown", call(Shutdown{all}), want(MethodShutdown, `{"fee":2,"gas_price":3,"nonce":1}`)},
		{"solo close", call(CloseSolo{}), want(MethodCloseSolo, `{}`)},
		{"snapshot", call(SnapshotSolo{}), want(MethodSnapshotSolo, `{}`)},
		{"slash", call(Slash{Options{Fee: n(0)}}), want(MethodSlash, `{"fee":0}`)},
		{"settle", call(Settle{}), want(MethodSettle, `{}`)},
		{"force progress", call(ForceProgress{ContractID: "ct_1", ABIVersion: 3, Amount: n(1), CallData: "cb_1", GasPrice: n(9), Gas: n(8), Nonce: n(7)}),
			want(MethodForceProgress, `{"abi_version":3,"amount":1,"call_data":"cb_1","contract_id":"ct_1","gas":8,"gas_price":9,"nonce":7}`)},
		{"leave", call(Leave{}), want(MethodLeave, `{}`)},
		{"message", call(Message{ChannelID: "ch_1", To: "b", Info: "Hello"}), want(MethodMessage, `{"info":"Hello","to":"b"}`)},
		{"message in another's name", call(Message{To: "b", From: "a", Info: ""}), want(MethodMessage, `{"from":"a","info":"","to":"b"}`)},
		{"assume depth", call(AssumeMinimumDepth{"th_1"}), want(MethodAssumeMinimumDepth, `{"tx_hash":"th_1"}`)},
		{"balances", call(GetBalances{[]string{"a", "b"}}), want(MethodGetBalances, `{"accounts":["a","b"]}`)},
		{"balances of nobody", call(GetBalances{}), want(MethodGetBalances, `{"accounts":[]}`)},
		{"state", call(GetOffchainState{}), want(MethodGetOffchainState, `{}`)},
		{"contract", call(GetContract{"ct_1"}), want(MethodGetContract, `{"pubkey":"ct_1"}`)},
		{"contract call", call(GetContractCall{"ct_1", "ak_1", n(3)}), want(MethodGetContractCall, `{"caller_id":"ak_1","contract_id":"ct_1","round":3}`)},
		{"proof", call(GetPoI{Accounts: []string{"a"}, Contracts: []string{"ct_1"}}), want(MethodGetPoI, `{"accounts":["a"],"contracts":["ct_1"]}`)},
		{"empty proof", call(GetPoI{}), want(MethodGetPoI, `{}`)},
		{"prune", call(CleanContractCalls{}), want(MethodCleanContractCalls, `{}`)},
		{"history", call(HistoryFetch{N: n(3), Type: []string{"rpt"}, Tag: []string{"info"}}), want(MethodHistoryFetch, `{"n":3,"tag":["info"],"type":["rpt"]}`)},
		{"whole history", call(HistoryFetch{}), want(MethodHistoryFetch, `{}`)},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.name, tt.got, tt.want)
		}
		if sorted, err := SortKeys([]byte(tt.got)); err != nil || string(sorted) != tt.got {
			t.Errorf("%s is not sorted: %s %v", tt.name, tt.got, err)
		}
		if _, _, ok := ParseRequests([]byte(tt.got)); !ok {
			t.Errorf("%s: a node drops %s", tt.name, tt.got)
		}
	}
}

// Writing appends to what is there.
func TestAppendKeepsWhatIsThere(t *testing.T) {
	got := string(AppendOK([]byte("before "), ID("1"), "ch_1"))
	if want := `before {"channel_id":"ch_1","id":1,"jsonrpc":"2.0","result":"ok","version":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	info := Info{Event: "e", Extra: map[string]json.RawMessage{"a": json.RawMessage("1")}}
	if got, want := string(AppendInfo([]byte("x"), "ch_1", info)), "x"+notification(MethodInfo, `{"a":1,"event":"e"}`); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is known of an answer is what its frame says.
func TestNewSigned(t *testing.T) {
	for _, text := range []string{"tx_1", "", "a\"b\\\n", "wörld", strings.Repeat("tx_", 1000)} {
		for _, tag := range []string{TagUpdate, TagSlashTx, "strange"} {
			for _, id := range []ID{nil, ID("7")} {
				frame, known := NewSigned(id, tag, text)
				frame2, known2 := NewSigned(id, tag, []byte(text))
				read, _, ok := ParseRequests(frame)
				if !ok || !cmp.Equal(read, []Request{known}) || !cmp.Equal(known, known2) || string(frame) != string(frame2) || string(frame) != string(AppendSigned(nil, id, tag, text)) {
					t.Errorf("%s is known as %+v and %+v, read as %+v", frame, known, known2, read)
				}
			}
		}
	}
}
