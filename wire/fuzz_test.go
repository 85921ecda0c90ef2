package wire

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// seeds are frames of every kind, and text that parsers stumble over.
func seeds(f *testing.F) {
	names := map[string]bool{}
	for _, r := range recordings(f) {
		name := r.dir + " " + string(r.text[:min(len(r.text), 60)])
		if r.dir == "in" {
			frame := DecodeFrame(r.text)
			name = frame.Name()
		}
		if !names[name] && len(r.text) < 2000 {
			names[name] = true
			f.Add(r.text)
		}
	}
	for _, s := range []string{
		``, ` `, `{`, `[`, `""`, `{"a":1,"a":2}`, `{"a":{"a":[{"b":1,"a":2}]}}`, `[1,2,{}]`, `{"id":{"b":1,"a":[ ]}}`,
		`{"jsonrpc":"2.0","method":null}`, `{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":1,"signed_tx":"\ud800"}}`,
		"{\"\xff\":\"\xfe\",\"\u2028\":\"\x7f\"}", `{"\u006dethod":"x"}`, `-0.0e+0`, `1e`, `01`, `tru`, `"\u12`, `{"error":null,"result":1}`,
		strings.Repeat("[", 2000), strings.Repeat(`{"a":`, 999) + "1" + strings.Repeat("}", 999),
	} {
		f.Add([]byte(s))
	}
}

// Any bytes decode, with one result on both paths, which encoding/json shares.
func FuzzDecodeFrame(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		sameAsGeneral(t, b)
		frame := DecodeFrame(b)
		frame.Name()
		if !bytes.Equal(b, before) {
			t.Fatalf("decoding %q has changed it to %q", before, b)
		}
		if frame.Sign == nil {
			return
		}
		// What was understood is written and understood again.
		again := DecodeFrame(AppendSign(nil, frame.ChannelID, *frame.Sign))
		for i := range frame.Sign.Updates {
			frame.Sign.Updates[i].Raw, again.Sign.Updates[i].Raw = nil, nil
		}
		if !reflect.DeepEqual(again.Sign, frame.Sign) {
			t.Fatalf("%q was written as %q", b, again.Raw)
		}
	})
}

// Any bytes are requests or are dropped, as encoding/json and the two rules of
// section 3.1 say.
func FuzzParseRequests(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		reqs, batch, ok := ParseRequests(b)
		if trim(b) == nil {
			if ok {
				t.Fatalf("%q is no JSON and not dropped", b)
			}
			return
		}
		want, wantBatch, wantOK := referenceRequests(b)
		if ok != wantOK || ok && (batch != wantBatch || len(reqs) != len(want)) {
			t.Fatalf("%q: %d requests, batch %v, ok %v; want %d, %v, %v", b, len(reqs), batch, ok, len(want), wantBatch, wantOK)
		}
		for i, r := range reqs {
			w := want[i]
			if r.Method != w.Method || !bytes.Equal(r.ID, w.ID) || !bytes.Equal(r.Params, w.Params) ||
				r.HasSignedTx != w.HasSignedTx || r.SignedTx != w.SignedTx || !bytes.Equal(r.Abort, w.Abort) {
				t.Fatalf("%q: request %d\ngot  %+v\nwant %+v", b, i, r, w)
			}
		}
	})
}

// What is read as a plain transfer is what encoding/json reads, and is written the
// same.
func FuzzReadTransfer(f *testing.F) {
	for _, s := range []string{
		`{"amount":1,"from":"ak_1","to":"ak_2"}`, `{"amount":0,"from":"","to":""}`, `{"amount":01,"from":"a","to":"b"}`, `{"amount":-1,"from":"a","to":"b"}`,
		`{"amount":9999999999999999999,"from":"a","to":"b"}`, `{"amount":99999999999999999999,"from":"a","to":"b"}`, `{"amount":1,"from":"\u0061","to":"b"}`,
		`{"amount":1,"from":"a","to":"b","to":"c"}`, `{"amount":1,"from":"a","meta":["m"],"to":"b"}`, `{"amount":1,"from":"a","to":"b"} `, `{"amount":1`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		from, to, amount, ok := ReadTransfer(b)
		if !ok {
			return
		}
		var want struct {
			From, To string
			Amount   json.Number
		}
		if err := json.Unmarshal(b, &want); err != nil || want.From != from || want.To != to || want.Amount.String() != strconv.FormatUint(amount, 10) {
			t.Fatalf("%q: from %q to %q, %d; want %+v, %v", b, from, to, amount, want, err)
		}
		if again := (UpdateNew{From: from, To: to, Amount: new(big.Int).SetUint64(amount)}).AppendParams(nil); !bytes.Equal(again, b) {
			t.Fatalf("%q was written as %q", b, again)
		}
	})
}

func referenceRequests(b []byte) (reqs []Request, batch, ok bool) {
	var list []json.RawMessage
	if json.Unmarshal(b, &list) == nil && list != nil {
		for _, e := range list {
			r, ok := referenceRequest(e)
			if !ok {
				return nil, true, false
			}
			reqs = append(reqs, r)
		}
		return reqs, true, len(reqs) > 0
	}
	r, ok := referenceRequest(b)
	return []Request{r}, false, ok
}

func referenceRequest(b []byte) (r Request, ok bool) {
	var top, params map[string]json.RawMessage
	var version string
	if json.Unmarshal(b, &top) != nil || json.Unmarshal(top["jsonrpc"], &version) != nil || version != "2.0" || top["method"] == nil {
		return r, false
	}
	json.Unmarshal(top["method"], &r.Method)
	r.ID, r.Params = ID(top["id"]), top["params"]
	if json.Unmarshal(r.Params, &params) == nil {
		_, r.HasSignedTx = params["signed_tx"]
		if json.Unmarshal(params["signed_tx"], &r.SignedTx) != nil {
			r.SignedTx = ""
		}
		r.Abort = params["error"]
	}
	return r, true
}

// The canonical text means the same, is canonical, and is what encoding/json
// writes.
func FuzzSortKeys(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := SortKeys(b)
		if (err == nil) != (trim(b) != nil) {
			t.Fatalf("%q: error %v", b, err)
		}
		if err != nil {
			return
		}
		if again, err := SortKeys(got); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q sorted twice: %q, then %q, %v", b, got, again, err)
		}
		if want := referenceSorted(t, b); !bytes.Equal(got, want) {
			t.Fatalf("%q sorted\ngot  %q\nwant %q", b, got, want)
		}
	})
}

func referenceSorted(t *testing.T, b []byte) []byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	// encoding/json escapes two characters that JSON does not ask for.
	text := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	return unescapeSeparators(text)
}

func unescapeSeparators(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] != '\\' || i+1 == len(b):
			out = append(out, b[i])
		case bytes.HasPrefix(b[i:], []byte(`\u2028`)):
			out, i = append(out, "\u2028"...), i+5
		case bytes.HasPrefix(b[i:], []byte(`\u2029`)):
			out, i = append(out, "\u2029"...), i+5
		default:
			out, i = append(out, b[i], b[i+1]), i+1
		}
	}
	return out
}
