package session_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"chanbot/session"
)

// TestWhatAnEditorDidToASession imports sessions as editors and shells leave them:
// what does no harm is taken, and of anything else the error says where it is.
func TestWhatAnEditorDidToASession(t *testing.T) {
	seed, err := os.ReadFile("testdata/seed-transcript.md")
	if err != nil {
		t.Fatal(err)
	}
	recording, err := os.ReadFile("testdata/recordings/01_open_update_abort_conflict_close.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile("testdata/recordings/03_deposit_withdraw.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(data []byte, pattern, by string) []byte {
		return regexp.MustCompile(pattern).ReplaceAll(data, []byte(by))
	}
	mark := []byte("\ufeff")
	for _, c := range []struct {
		name string
		data []byte
		want string // a pattern; "" for a session
	}{
		{"a byte order mark before a recording", append(bytes.Clone(mark), recording...), ""},
		{"a byte order mark before a heading", append(bytes.Clone(mark), bytes.TrimLeft(seed, "\n")...), ""},
		{"other ends of lines", replaced(seed, `\n`, "\r\n"), ""},
		{"no blank lines", replaced(seed, `\n\n+`, "\n"), ""},
		{"addresses are wrapped", replaced(seed, `&host=`, "\n&host="), `line 2: a connection needs an address`},
		{"quotes are typographic", replaced(seed, `"`, "\u201c"), `line 7: what the node sent is no JSON object`},
		{"headings of another level", replaced(seed, `(?m)^####`, "###"), `line 3: a fenced frame or address without a heading`},
		{"one heading is a list", bytes.Replace(seed, []byte("#### responder <---"), []byte("* responder <---"), 1), `line [0-9]+: a fenced frame or address without a heading`},
		{"everything is indented", replaced(seed, `(?m)^`, "  "), `no line of it begins with "{".*none is a heading like "#### initiator ---> node"`},
		{"cut off in a text", seed[:9000], `the fenced text of line [0-9]+ does not end`},
		{"cut off in a line", recording[:20000], `line [0-9]+: no JSON object`},
		{"two sessions in one file", append(bytes.Clone(recording), other...), `line [0-9]+: the time begins anew`},
		{"nothing", nil, `no line of it begins with`},
		{"another encoding", []byte("\xff\xfe{\x00"), `no line of it begins with`},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			_, err := session.Import("edited", c.data, session.ImportOptions{})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !regexp.MustCompile(c.want).MatchString(err.Error())):
				t.Errorf("got %v, want one that matches %s", err, c.want)
			}
		})
	}
}

// TestAnotherNetworkIsSaid imports a session as one of a network that it was not
// signed for.
func TestAnotherNetworkIsSaid(t *testing.T) {
	data, err := os.ReadFile("testdata/recordings/01_open_update_abort_conflict_close.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for network, want := range map[string]int{"": 0, "ae_elsewhere": 1} {
		im, err := session.Import("01.jsonl", data, session.ImportOptions{NetworkID: network})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, n := range im.Notes {
			if strings.Contains(n.Reason, "--network-id") && n.Line > 0 {
				got++
			}
		}
		if got != want {
			t.Errorf("network %q: %d notes, want %d: %v", network, got, want, im.Notes)
		}
	}
}
