package bot

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func TestMessagesOfBytes(t *testing.T) {
	for text, want := range map[string]struct {
		texts  []string
		spoils bool
	}{
		"":                             {nil, false},
		"88":                           {nil, true},
		"888000000000":                 {nil, true},
		"88820000000003e8":             {nil, true},
		"8980000000008980000000008800": {nil, true},
		"81850000000068656c6c6f":       {[]string{"hello"}, false},
		"81850000000068656c6c":         {nil, true},
		"898000000000898000000000":     {nil, false},
		"81850000000068656c6c6f8800":   {[]string{"hello"}, true},
		"81fe10000000":                 {nil, true},
		"81fe0003000000006162638800":   {[]string{"abc"}, true},
		"81ff":                         {nil, true},
		"81810102030460":               {[]string{"a"}, false}, // behind another mask
		"01810000000061" + "898100000000" + "78" + "008000000000" + "80810000000062": {[]string{"ab"}, false}, // in three fragments, with a ping between them
		"01810000000061" + "81810000000062":                                          {nil, true},             // the second begins before the first has ended
		"80810000000062":                                                             {nil, true},             // the rest of nothing
		"01810000000061":                                                             {nil, true},             // the beginning of something
		"82810000000061" + "81810000000062":                                          {[]string{"b"}, false},  // binary, and then text
		"81810000000061" + "81810000000062":                                          {[]string{"a", "b"}, false},
		// what RFC 6455 forbids
		"81810000000061" + "810162": {[]string{"a"}, true}, // no mask
		"c18000000000":              {nil, true},           // a reserved bit
		"838000000000":              {nil, true},           // a reserved opcode
		"8b8000000000":              {nil, true},           // another one
		"098000000000":              {nil, true},           // half a ping
		"89fe007e00000000" + strings.Repeat("00", 126): {nil, true}, // a ping of 126 bytes
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		texts, spoils := messages(b)
		var got []string
		for _, m := range texts {
			got = append(got, string(m))
		}
		if !slices.Equal(got, want.texts) || spoils != want.spoils {
			t.Errorf("%s: %q, %v, want %q, %v", text, got, spoils, want.texts, want.spoils)
		}
	}
}

func FuzzMessagesOfBytes(f *testing.F) {
	f.Add([]byte{0x88, 0})
	f.Add([]byte{1, 0x81, 0, 0, 0, 0, 'a', 0x80, 0x81, 1, 2, 3, 4, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, _ := messages(b)
		n := 0
		for _, m := range texts {
			n += len(m)
		}
		if n > len(b) {
			t.Errorf("%d bytes of text in %d", n, len(b))
		}
	})
}
