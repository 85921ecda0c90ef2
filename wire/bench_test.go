package wire

import (
	"encoding/json"
	"testing"
)

// The hot frames, from a recorded session: what the fast paths cost beside
// encoding/json with structs made for the purpose.

const (
	benchChannel = "ch_FeKCi5FpSUbAXzRAqGsmRzkkpcF8hCNgZpUNxmWxXjngYMUw1"
	benchTx      = "tx_+NILAfiEuEAPiHpDuQNNKlZ73803jThPdmkotH9MbLDbUMG8BmbvsvDI8FdEe29Z52VQpKZ+mC1m0nARy/wMwc3A4ybURbALuED5ryq2nOS/RLtudPS3r0T4TAsEjV5pn5TY/k/t86hlLUfvznykzejKaBXQuoxPKat7ZAW9AlUzVJvbLuEj4RjkCoQYhP98p28cv5lVaJ/Y8/QmF24Q7mNMyyGxA5Tdmhuy8IAKgRvPM79JZAmO9z3w67IlyahelDnvsxA=="
	benchFrom    = "ak_2jBH4vNfnJFis34ZZRQynoWera1CHk8hFk9MNTV6BwRjo2Qx4d"
	benchTo      = "ak_2je7ivyg2Yrvs4XVMgqSGb2WBemeJ3QV5BsijaZjqiyLrcqnkC"
)

var benchSign = Sign{Tag: TagUpdateAck, SignedTx: benchTx, Updates: []Update{{Op: OpTransfer, From: benchFrom, To: benchTo, Amount: bigInt("1")}}}

var benchFrames = []struct {
	name  string
	frame []byte
}{
	{"sign", AppendSign(nil, benchChannel, benchSign)},
	{"update", AppendUpdate(nil, benchChannel, benchTx)},
	{"info", AppendInfo(nil, benchChannel, Info{Event: EventUpdate})},
	{"ok", AppendOK(nil, IntID(-576460752303422892), benchChannel)},
}

func BenchmarkDecode(b *testing.B) {
	run := func(name string, frame []byte, decode func(b []byte) bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !decode(frame) {
					b.Fatal("not decoded")
				}
			}
		})
	}
	for _, f := range benchFrames {
		if !decodeFast(new(Frame), f.frame) {
			b.Errorf("%s is not on the fast path", f.name)
		}
		run(f.name+"/wire", f.frame, func(b []byte) bool { f := DecodeFrame(b); return f.Kind != KindUnknown })
		run(f.name+"/general", f.frame, func(b []byte) bool { f := decodeGeneral(b); return f.Kind != KindUnknown })
		run(f.name+"/encodingjson", f.frame, func(b []byte) bool { var f jsonFrame; return json.Unmarshal(b, &f) == nil })
	}
}

// jsonFrame is one struct for all hot frames, the quickest way to read them
// with encoding/json.
type jsonFrame struct {
	ID        json.RawMessage `json:"id,omitempty"`
	ChannelID *string         `json:"channel_id,omitempty"`
	JSONRPC   string          `json:"jsonrpc"`
	Method    string          `json:"method,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Params    *struct {
		ChannelID *string `json:"channel_id"`
		Data      struct {
			Event    string       `json:"event,omitempty"`
			FSMID    string       `json:"fsm_id,omitempty"`
			State    string       `json:"state,omitempty"`
			SignedTx string       `json:"signed_tx,omitempty"`
			Updates  []jsonUpdate `json:"updates,omitempty"`
		} `json:"data"`
	} `json:"params,omitempty"`
	Version int `json:"version"`
}

type jsonUpdate struct {
	Amount json.Number `json:"amount"`
	From   string      `json:"from"`
	Op     string      `json:"op"`
	To     string      `json:"to"`
}

type jsonRequest struct {
	ID      json.RawMessage `json:"id,omitempty"`
	JSONRPC string          `json:"jsonrpc"`
	Method  string          `json:"method"`
	Params  struct {
		SignedTx string `json:"signed_tx"`
	} `json:"params"`
}

func BenchmarkParseAnswer(b *testing.B) {
	frame := AppendSigned(nil, IntID(-576460752303422892), TagUpdateAck, benchTx)
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, ok := ParseRequests(frame); !ok {
				b.Fatal("dropped")
			}
		}
	})
	b.Run("general", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := parseRequest(trim(frame)); !ok {
				b.Fatal("dropped")
			}
		}
	})
	b.Run("encodingjson", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r jsonRequest
			if err := json.Unmarshal(frame, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	id := IntID(-576460752303422892)
	info := Info{Event: EventUpdate}
	run := func(name string, write func(dst []byte) []byte) {
		b.Run(name+"/wire", func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = write(dst[:0])
			}
		})
		var v any = new(jsonFrame)
		if name == "signed" {
			v = new(jsonRequest)
		}
		if err := json.Unmarshal(write(nil), v); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/encodingjson", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := json.Marshal(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("signed", func(dst []byte) []byte { return AppendSigned(dst, id, TagUpdateAck, benchTx) })
	run("sign", func(dst []byte) []byte { return AppendSign(dst, benchChannel, benchSign) })
	run("update", func(dst []byte) []byte { return AppendUpdate(dst, benchChannel, benchTx) })
	run("info", func(dst []byte) []byte { return AppendInfo(dst, benchChannel, info) })
	run("ok", func(dst []byte) []byte { return AppendOK(dst, id, benchChannel) })
}

// BenchmarkName shows that naming the frames of a session costs no memory.
func BenchmarkName(b *testing.B) {
	f := DecodeFrame(benchFrames[2].frame)
	b.ReportAllocs()
	for b.Loop() {
		f.Name()
	}
}
