package bot

import (
	"encoding/hex"
	"slices"
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
		"810568656c6c6f":               {[]string{"hello"}, false},
		"810568656c6c":                 {nil, true},
		"898000000000898000000000":     {nil, false},
		"810568656c6c6f8800":           {[]string{"hello"}, true},
		"81fe10000000":                 {nil, true},
		"817e0003616263" + "8800":      {[]string{"abc"}, true},
		"81ff":                         {nil, true},
		"818101020304" + "60":          {[]string{"a"}, false},  // masked
		"0101618901780000" + "800162":  {[]string{"ab"}, false}, // in three fragments, with a ping between them
		"01016181" + "0162":            {nil, true},             // the second begins before the first has ended
		"800162":                       {nil, true},             // the rest of nothing
		"010161":                       {nil, true},             // the beginning of something
		"82016181" + "0162":            {[]string{"b"}, false},  // binary, and then text
		"810161" + "810162":            {[]string{"a", "b"}, false},
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
	f.Add([]byte{1, 1, 'a', 0x80, 0x81, 1, 2, 3, 4, 5})
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
