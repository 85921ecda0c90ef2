package tx

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

const sessionData = "../session/testdata"

// Texts that the sessions may hold: what follows a prefix and an underscore.
var textPattern = regexp.MustCompile(`\b[a-z]{2}_[A-Za-z0-9+/]{4,}={0,2}`)

// textCheck reads each different text once and counts what it was.
type textCheck struct {
	seen               map[string]bool
	signed, unsigned   int
	twice, refused     int
	proofs, stateTrees int
	types              map[string]int
	signatures         int
}

func newTextCheck() *textCheck {
	return &textCheck{seen: map[string]bool{}, types: map[string]int{}}
}

// text checks one text; sent says that a client sent it, and so may have broken
// it on purpose.
func (c *textCheck) text(t *testing.T, where, text string, sent bool) {
	t.Helper()
	if c.seen[text] {
		return
	}
	c.seen[text] = true
	p, payload, err := DecodeAnySize(text)
	if err != nil {
		if _, ok := errors.AsType[*TextError](err); !ok {
			t.Errorf("%s: %q gave the error %v", where, text, err)
		}
		if _, _, known := Prefix(text[:2]).form(); known && !sent && text != "tx_hash" && text != "tx_type" {
			t.Errorf("%s: the node sent %q: %v", where, text, err)
		}
		c.refused++
		return
	}
	if got := Encode(p, payload); got != text {
		t.Errorf("%s: %s was written again as %s", where, text, got)
	}
	if inner := string(payload); textPattern.MatchString(inner) && textPattern.FindString(inner) == inner {
		c.twice++
		c.text(t, where, inner, sent)
		return
	}
	switch p {
	case PrefixTransaction:
		c.transaction(t, where, text, payload, sent)
	case PrefixProof:
		proof, err := DecodeProof(payload)
		if err != nil || !bytes.Equal(proof.Bytes(), payload) {
			t.Errorf("%s: proof %s, %v", where, text, err)
			return
		}
		c.proofs++
	case PrefixStateTrees:
		trees, err := DecodeStateTrees(payload)
		if err != nil || !bytes.Equal(trees.Bytes(), payload) || !bytes.Equal(StateTrees(trees.Accounts()...), payload) || StateHash(trees.Accounts()...) != trees.Hash() {
			t.Errorf("%s: state trees %s, %v", where, text, err)
			return
		}
		c.stateTrees++
	}
}

func (c *textCheck) transaction(t *testing.T, where, text string, payload []byte, sent bool) {
	t.Helper()
	s, err := ParseSigned(text)
	if err != nil {
		inner, err := Deserialize(payload)
		switch {
		case err == nil && bytes.Equal(inner.Serialize(), payload):
			c.unsigned++
		case sent:
			c.refused++
		default:
			t.Errorf("%s: the node sent %s: %v", where, text, err)
		}
		return
	}
	c.signed++
	if got := s.Text(); got != text {
		t.Errorf("%s: %s was written again as %s", where, text, got)
	}
	inner, err := s.Decode()
	if err != nil {
		t.Errorf("%s: inside %s: %v", where, text, err)
		return
	}
	if got := inner.Serialize(); !bytes.Equal(got, s.Tx) {
		t.Errorf("%s: inside %s: %x was written again as %x", where, text, s.Tx, got)
	}
	c.types[inner.Type()]++
	c.signatures += len(s.Signatures)
	for _, nested := range nestedBytes(inner) {
		c.text(t, where, Encode(nested.prefix, nested.payload), sent)
	}
}

type nestedText struct {
	prefix  Prefix
	payload []byte
}

// nestedBytes returns the payload and the proof inside a solo transaction.
func nestedBytes(t Tx) (all []nestedText) {
	add := func(p Prefix, b []byte) {
		if len(b) > 0 {
			all = append(all, nestedText{p, b})
		}
	}
	switch t := t.(type) {
	case *CloseSolo:
		add(PrefixTransaction, t.Payload)
		add(PrefixProof, t.PoI)
	case *Slash:
		add(PrefixTransaction, t.Payload)
		add(PrefixProof, t.PoI)
	case *SnapshotSolo:
		add(PrefixTransaction, t.Payload)
	}
	return all
}

// walkStrings calls visit for every string value in a decoded JSON value.
func walkStrings(v any, visit func(s string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, e := range v {
			walkStrings(e, visit)
		}
	case map[string]any:
		for _, e := range v {
			walkStrings(e, visit)
		}
	}
}

// TestEveryTextOfTheRecordings decodes every text of the recorded sessions and
// encodes it again. What the node sent must be readable; a client's text may be
// one of the few that its driver broke on purpose.
func TestEveryTextOfTheRecordings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sessionData, "recordings", "*.jsonl"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d recordings in %s, %v", len(files), sessionData, err)
	}
	check := newTextCheck()
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<22)
		for lines.Scan() {
			var record struct {
				Dir   string
				Frame any
			}
			if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if record.Dir == "connect" {
				record.Frame = queryOf(t, record.Frame)
			}
			walkStrings(record.Frame, func(s string) {
				for _, text := range textPattern.FindAllString(s, -1) {
					check.text(t, filepath.Base(path), text, record.Dir != "in" || isEcho(record.Frame))
				}
			})
		}
		if err := lines.Err(); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f.Close()
	}
	t.Logf("%d signed_tx with %d signatures, %d unsigned, %d encoded twice, %d proofs, %d state trees, %d refused; %v",
		check.signed, check.signatures, check.unsigned, check.twice, check.proofs, check.stateTrees, check.refused, check.types)
	if check.signed < 1215 || check.twice < 13 || check.proofs < 22 || check.stateTrees < 5 || check.refused > 40 {
		t.Error("fewer texts than the recordings are known to hold")
	}
}

// queryOf returns the parameters of a connection URL.
func queryOf(t *testing.T, frame any) any {
	t.Helper()
	u, err := url.Parse(frame.(string))
	if err != nil {
		t.Fatal(err)
	}
	var all []any
	for _, values := range u.Query() {
		all = append(all, values[0])
	}
	return all
}

// isEcho reports whether a frame of the node repeats a request, as errors do.
func isEcho(frame any) bool {
	object, _ := frame.(map[string]any)
	return object["error"] != nil
}

func TestEveryTextOfTheSeed(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sessionData, "seed-transcript.md"))
	if err != nil {
		t.Fatal(err)
	}
	check := newTextCheck()
	for _, text := range textPattern.FindAllString(string(b), -1) {
		check.text(t, "seed", text, false)
	}
	if check.signed != 5 || check.types["channel_create_tx"] != 3 || check.types["channel_offchain_tx"] != 2 {
		t.Errorf("%d transactions, %v; want three texts of the create and two of the update", check.signed, check.types)
	}
}
