package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// sameAsGeneral checks that the fast path and the general decoder agree, and
// that the general decoder agrees with encoding/json.
func sameAsGeneral(t *testing.T, b []byte) (fast bool) {
	t.Helper()
	general := decodeGeneral(b)
	var f Frame
	fast = decodeFast(&f, b)
	if fast && !reflect.DeepEqual(f, general) {
		t.Fatalf("the fast path differs from the general decoder on %q\nfast    %+v\ngeneral %+v", b, f, general)
	}
	checkReference(t, b, &general)
	if r, ok := parseAnswer(b); ok {
		if want, ok := parseRequest(trim(b)); !ok || !reflect.DeepEqual(r, want) {
			t.Fatalf("the fast path differs on the request %q\nfast    %+v\ngeneral %+v, %v", b, r, want, ok)
		}
	}
	return fast
}

// checkReference reads the envelope with encoding/json and compares.
func checkReference(t *testing.T, b []byte, f *Frame) {
	t.Helper()
	if f.Kind == KindInvalid {
		if json.Valid(b) && bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) <= MaxDepth {
			t.Fatalf("%q is JSON", b)
		}
		return
	}
	if !json.Valid(b) {
		t.Fatalf("%q is no JSON", b)
	}
	var top map[string]json.RawMessage
	if json.Unmarshal(b, &top) != nil || top == nil {
		if f.Kind != KindUnknown && f.Kind != KindBatch {
			t.Fatalf("%q is no object, got kind %v", b, f.Kind)
		}
		return
	}
	present := func(key string) bool { return top[key] != nil && string(top[key]) != "null" }
	text := func(raw json.RawMessage) (s string) {
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	}
	equal := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s of %q: got %q, want %q", what, b, got, want)
		}
	}
	equal("id", string(f.ID), string(top["id"]))
	var params map[string]json.RawMessage
	switch {
	case top["method"] != nil && top["result"] == nil && !present("error"):
		var method string
		if json.Unmarshal(top["params"], &params) != nil || params == nil || string(top["method"]) == "null" || json.Unmarshal(top["method"], &method) != nil {
			equal("kind", f.Kind, KindUnknown)
			return
		}
		equal("kind", f.Kind, KindNotification)
		equal("method", f.Method, method)
		equal("channel", f.ChannelID, text(params["channel_id"]))
		equal("data", string(f.Data), string(params["data"]))
		checkReferenceData(t, f)
	case top["result"] != nil && top["method"] == nil && !present("error"):
		equal("kind", f.Kind, KindResult)
		equal("channel", f.ChannelID, text(top["channel_id"]))
		equal("result", string(f.Result), string(top["result"]))
	case present("error") && top["method"] == nil && top["result"] == nil:
		var e map[string]json.RawMessage
		var code int
		if json.Unmarshal(top["error"], &e) != nil || string(e["code"]) == "null" || json.Unmarshal(e["code"], &code) != nil {
			equal("kind", f.Kind, KindUnknown)
			return
		}
		equal("kind", f.Kind, KindError)
		equal("code", f.Error.Code, code)
		equal("message", f.Error.Message, text(e["message"]))
		equal("request", string(f.Error.Request), string(e["request"]))
	default:
		equal("kind", f.Kind, KindUnknown)
	}
}

// checkReferenceData compares the typed data of the hot notifications.
func checkReferenceData(t *testing.T, f *Frame) {
	t.Helper()
	var data map[string]any
	d := json.NewDecoder(bytes.NewReader(f.Data))
	d.UseNumber()
	if f.Data == nil || d.Decode(&data) != nil {
		return
	}
	str := func(key string) any { s, _ := data[key].(string); return s }
	equal := func(what string, got, want any) {
		if got != want {
			t.Fatalf("%s of %q: got %v, want %v", what, f.Raw, got, want)
		}
	}
	switch {
	case f.Info != nil:
		equal("event", f.Info.Event, str("event"))
		equal("fsm_id", f.Info.FSMID, str("fsm_id"))
		known := 1
		for _, key := range []string{"fsm_id", "tx_hash", "tx_type", "type", "notice"} {
			if str(key) != "" {
				known++
			}
		}
		equal("number of extra keys", len(f.Info.Extra), len(data)-known)
	case f.Update != nil:
		equal("state", f.Update.State, str("state"))
	case f.Sign != nil:
		equal("signed_tx", f.Sign.SignedTx, str("signed_tx"))
		updates, _ := data["updates"].([]any)
		equal("number of updates", len(f.Sign.Updates), len(updates))
		for i, u := range f.Sign.Updates {
			want, _ := updates[i].(map[string]any)
			if u.Raw == nil && want["amount"] != nil {
				equal("amount", u.Amount.String(), fmt.Sprint(want["amount"]))
			}
			op, _ := want["op"].(string)
			equal("op", u.Op, op)
		}
	}
}

// The hot frames of the recordings take the fast path, all of them the same
// result by either.
func TestFastPathReadsTheRecordings(t *testing.T) {
	hot, slow := 0, map[string]int{}
	for _, r := range recordings(t) {
		fast := sameAsGeneral(t, r.text)
		f := DecodeFrame(r.text)
		name := f.Name()
		isHot := name == "update" || strings.HasPrefix(name, "info ") || strings.HasPrefix(name, "sign.") || name == "result ok"
		if r.dir != "in" || r.file == "seed-transcript.md" || !isHot {
			continue
		}
		if fast {
			hot++
		} else {
			slow[name]++
		}
	}
	// The general decoder reads the updates of deposits, withdrawals and meta,
	// and the two events about depth, whose frames have keys of their own.
	for name, n := range slow {
		switch name {
		case "sign.deposit_tx", "sign.deposit_ack", "sign.withdraw_tx", "sign.withdraw_ack", "info min_depth_achieved", "info minimum_depth_achieved":
		case "sign.update", "sign.update_ack":
			if n > 10 {
				t.Errorf("%d times %q is not read by the fast path", n, name)
			}
		default:
			t.Errorf("%d times %q is not read by the fast path", n, name)
		}
	}
	if hot < 4500 {
		t.Errorf("only %d frames on the fast path", hot)
	}
}

// Frames that look like the hot ones, up to one detail.
func TestFastPathCorners(t *testing.T) {
	transfer := func(amount, more string) string {
		return notification("channels.sign.update", `{"signed_tx":"tx_1","updates":[{"amount":`+amount+`,"from":"a","op":"OffChainTransfer","to":"b"`+more+`}]}`)
	}
	ok := func(channel, id string) string {
		return `{"channel_id":` + channel + `,"id":` + id + `,"jsonrpc":"2.0","result":"ok","version":1}`
	}
	tests := []struct {
		name, frame string
		fast        bool
	}{
		{"a transfer", transfer("1", ""), true},
		{"a transfer of nothing", transfer("0", ""), true},
		{"19 digits", transfer("9999999999999999999", ""), true},
		{"20 digits", transfer("10000000000000000000", ""), false},
		{"below zero", transfer("-1", ""), false},
		{"a leading zero", transfer("01", ""), false},
		{"a fraction", transfer("1.0", ""), false},
		{"an exponent", transfer("1e1", ""), false},
		{"no amount", transfer("", ""), false},
		{"another key", transfer("1", `,"x":1`), false},
		{"two recipients", transfer("1", `,"to":"c"`), false},
		{"two updates", transfer("1", `},{"data":"m","op":"OffChainMeta"`), false},
		{"an unknown tag", notification("channels.sign.x", `{"signed_tx":"tx_1","updates":[]}`), false},
		{"a tag that is empty", notification("channels.sign.", `{"signed_tx":"tx_1","updates":[]}`), false},
		{"an empty transaction", notification("channels.sign.update", `{"signed_tx":"","updates":[]}`), true},
		{"a fsm_id", notification(MethodInfo, `{"event":"fsm_up","fsm_id":"ba_1"}`), true},
		{"a fsm_id that is empty", notification(MethodInfo, `{"event":"fsm_up","fsm_id":""}`), false},
		{"an unknown event", notification(MethodInfo, `{"event":"x"}`), true},
		{"an empty event", notification(MethodInfo, `{"event":""}`), true},
		{"an escape", notification(MethodInfo, `{"event":"\u0078"}`), false},
		{"a character outside ASCII", notification(MethodUpdate, `{"state":"ü"}`), false},
		{"a control character", notification(MethodUpdate, "{\"state\":\"\n\"}"), false},
		{"the channel twice", `{"jsonrpc":"2.0","method":"channels.update","params":{"data":{"state":"s"}},"channel_id":"ch_1"}`, false},
		{"no channel", ok("null", "1"), true},
		{"an empty channel", ok(`""`, `""`), true},
		{"a channel that is a number", ok("1", "1"), false},
		{"an id below zero", ok("null", "-576460752303422891"), true},
		{"an id that is minus zero", ok("null", "-0"), true},
		{"an id that is only a sign", ok("null", "-"), false},
		{"an id with an escape", ok("null", `"\n"`), false},
		{"a null id", ok("null", "null"), false},
		{"a space behind", ok("null", "1") + " ", false},
		{"two frames", ok("null", "1") + ok("null", "1"), false},
		{"cut off", strings.TrimSuffix(ok("null", "1"), "}"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if fast := sameAsGeneral(t, []byte(tt.frame)); fast != tt.fast {
				t.Errorf("fast path: %v, want %v", fast, tt.fast)
			}
		})
	}
}

// Damage of many kinds to real frames never makes the two decoders differ.
func TestFastPathAgreesOnDamagedFrames(t *testing.T) {
	all := recordings(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	rounds, fast := 20_000, 0
	if testing.Short() {
		rounds = 5000
	}
	for range rounds {
		b := bytes.Clone(all[rnd.IntN(len(all))].text)
		if len(b) > 4000 {
			continue
		}
		for range 1 + rnd.IntN(2) {
			b = damage(rnd, b)
		}
		if sameAsGeneral(t, b) {
			fast++
		}
	}
	if fast < rounds/50 {
		t.Errorf("the fast path took only %d of %d damaged frames", fast, rounds)
	}
}

func damage(rnd *rand.Rand, b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	at := rnd.IntN(len(b))
	insert := func(s string) []byte { return append(b[:at:at], append([]byte(s), b[at:]...)...) }
	switch rnd.IntN(8) {
	case 0: // another byte
		b[at] = byte(rnd.IntN(256))
		return b
	case 1: // a byte that means something
		b[at] = `{}[]:,"\0-1eE.n `[rnd.IntN(16)]
		return b
	case 2: // something more
		return insert([]string{" ", "\n", `\u0041`, `\"`, `"id":1,`, `"channel_id":null,`, `"data":{},`, `"updates":[],`, `"x":1,`, "0", "ü", "\xff"}[rnd.IntN(12)])
	case 3: // an escape for a character
		return append(b[:at:at], append(fmt.Appendf(nil, `\u%04x`, b[at]), b[at+1:]...)...)
	case 4: // cut off
		return b[:at]
	case 5: // trailing text
		return append(b, []string{" ", "\n", "x", "}", "{}", "\x00"}[rnd.IntN(6)]...)
	case 6: // a piece twice, for duplicate keys
		end := min(len(b), at+rnd.IntN(60))
		return insert(string(b[at:end]))
	default: // other values in the right place
		pairs := [][2]string{
			{`"amount":1`, `"amount":18446744073709551616`}, {`"amount":1`, `"amount":-1`}, {`"amount":1`, `"amount":1.0`},
			{`"amount":1`, `"amount":0`}, {`"ok"`, `"OK"`}, {`null`, `""`}, {`"version":1`, `"version":2`}, {`"updates":[]`, `"updates":null`},
			{`"updates":[]`, `"updates":[{}]`}, {`"event":"`, `"event":"x`}, {`OffChainTransfer`, `OffChainDeposit`}, {`"2.0"`, `"1.0"`},
			{`"error"`, `"result"`}, {`"result"`, `"error"`}, {`"state"`, `"status"`}, {`channels.sign.`, `channels.sing.`},
		}
		p := pairs[rnd.IntN(len(pairs))]
		return bytes.Replace(b, []byte(p[0]), []byte(p[1]), 1)
	}
}
