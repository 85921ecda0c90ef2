package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInteger(t *testing.T) {
	tests := []struct {
		name, raw, want string // "" when it is no integer
	}{
		{"zero", "0", "0"},
		{"small", "42", "42"},
		{"below zero", "-1", "-1"},
		{"minus zero", "-0", "0"},
		{"the largest of 64 bits", "18446744073709551615", "18446744073709551615"},
		{"larger", "5000000000000000000000", "5000000000000000000000"},
		{"far below zero", "-5000000000000000000000", "-5000000000000000000000"},
		{"a fraction", "1.5", ""},
		{"an integer written as a fraction", "1.0", ""},
		{"an exponent", "1e3", ""},
		{"a leading zero", "01", ""},
		{"a plus", "+1", ""},
		{"numeric text", `"1"`, ""},
		{"an underscore", "1_000", ""},
		{"hexadecimal", "0x1", ""},
		{"nothing", "", ""},
		{"a list", "[1]", ""},
		{"too many digits", strings.Repeat("1", maxDigits+1), ""},
	}
	for _, tt := range tests {
		got := ""
		if n, ok := Integer([]byte(tt.raw)); ok {
			got = n.String()
		}
		if got != tt.want {
			t.Errorf("%s: got %q of %q, want %q", tt.name, got, tt.raw, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		name, raw, want string
		ok              bool
	}{
		{"plain", `"tx_1"`, "tx_1", true},
		{"empty", `""`, "", true},
		{"beyond ASCII", `"wörld"`, "wörld", true},
		{"escapes", `"a\n\u00e9\ud83d\ude00\/"`, "a\né😀/", true},
		{"half a surrogate pair", `"\ud800"`, "\ufffd", true},
		{"invalid UTF-8", "\"a\xffb\"", "a\ufffdb", true},
		{"invalid UTF-8 and an escape", "\"a\xff\\n\"", "a\ufffd\n", true},
		{"no string", `5`, "", false},
		{"nothing", ``, "", false},
		{"a lone quote", `"`, "", false},
		{"no end", `"abc`, "", false},
		{"more behind", `"a"b"`, "", false},
		{"a control character", "\"a\nb\"", "", false},
	}
	for _, tt := range tests {
		if got, ok := Text([]byte(tt.raw)); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q, %v of %q, want %q, %v", tt.name, got, ok, tt.raw, tt.want, tt.ok)
		}
	}
}

func TestMembers(t *testing.T) {
	got, ok := Members([]byte(` {"a": {"b":1} ,"c":null,"a":2, "\u0064":[]} `))
	want := map[string]json.RawMessage{"a": json.RawMessage("2"), "c": json.RawMessage("null"), "d": json.RawMessage("[]")}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("ok %v\n-want +got\n%s", ok, diff)
	}
	for _, raw := range []string{"", "null", "[]", `"a"`, "{", "{}x"} {
		if _, ok := Members([]byte(raw)); ok {
			t.Errorf("%q is no object", raw)
		}
	}
}

func TestSortKeys(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"every level", `{"b":{"d":1,"c":[{"f":1,"e":2}]},"a":null}`, `{"a":null,"b":{"c":[{"e":2,"f":1}],"d":1}}`},
		{"spaces", " [ 1 ,\n{ \"a\" : true } ,{ } , [ ] ] ", `[1,{"a":true},{},[]]`},
		{"the text of numbers", `[1.0,1E+2,-0,100000000000000000000000]`, `[1.0,1E+2,-0,100000000000000000000000]`},
		{"the last of duplicates, next to each other", `{"a":1,"a":2}`, `{"a":2}`},
		{"the last of duplicates, sorted", `{"a":1,"b":2,"a":3,"\u0061":4}`, `{"a":4,"b":2}`},
		{"bytes, not the language", `{"b":1,"B":2,"ä":3,"aa":4,"a":5}`, `{"B":2,"a":5,"aa":4,"b":1,"ä":3}`},
		{"the fewest escapes", `"\u0041\/\u00e9\u2028\u001f\u0008\t<&>"`, "\"A/é\u2028\\u001f\\b\\t<&>\""},
		{"invalid UTF-8", "\"\xff\"", "\"\ufffd\""},
		{"a word", `true`, `true`},
	}
	for _, tt := range tests {
		if got, err := SortKeys([]byte(tt.raw)); string(got) != tt.want || err != nil {
			t.Errorf("%s\ngot  %s %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
	for _, raw := range []string{"", "{", "1 2", "nul", strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)} {
		if got, err := SortKeys([]byte(raw)); err == nil {
			t.Errorf("%.20q gives %q, want an error", raw, got)
		}
	}
}

func TestDecodeReplyRefusesOtherShapes(t *testing.T) {
	for _, raw := range []string{"", "{", `"x"`, `[{"account":5}]`, `[{"balance":1.5}]`} {
		if got, err := DecodeReply[[]Balance](json.RawMessage(raw)); err == nil {
			t.Errorf("%q gives %v, want an error", raw, got)
		}
	}
	got, err := DecodeReply[[]Balance](json.RawMessage(`[{"account":"ak_1","balance":69999999999999999999999}]`))
	if err != nil || len(got) != 1 || got[0].Balance.String() != "69999999999999999999999" {
		t.Errorf("got %v, %v", got, err)
	}
}
