package session_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chanbot/results"
	"chanbot/session"
	"chanbot/tx"
)

// A name that a node has made up is told in a comment of the scenario, in which
// YAML does not take every character.
func TestImportedNamesOfANodeStayYAML(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "recordings", "44_messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []rune{0, 0x100, 0x2000, 0xd700, 0xfd00, 0xfe00, 0xff00} {
		var name strings.Builder
		name.WriteString("op")
		for r := first; r < first+256; r++ {
			name.WriteRune(r)
		}
		odd, err := json.Marshal(name.String())
		if err != nil {
			t.Fatal(err)
		}
		imported(t, "odd.jsonl", bytes.ReplaceAll(data, []byte(`"event":"open"`), append([]byte(`"event":`), odd...)))
	}
}

// A transaction may hold another one, which holds another one, and so on. To tell
// all of them would take time and room that grow with the square of its length.
func TestTransactionsInTransactions(t *testing.T) {
	inner := []byte(nil)
	id := tx.ID{Kind: tx.AccountID, Key: tx.Hash{1}}
	for range 3000 {
		inner = tx.NewSigned(&tx.CloseSolo{ChannelID: tx.ID{Kind: tx.ChannelID, Key: tx.Hash{2}}, FromID: id, Payload: inner, Fee: new(big.Int), Nonce: 1}).Bytes()
	}
	frame, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": "channels.update", "params": map[string]any{"signed_tx": tx.Encode(tx.PrefixTransaction, inner)}})
	if err != nil {
		t.Fatal(err)
	}
	entries := []session.Entry{{Side: "initiator", Dir: results.DirIn, Frame: frame}}
	lines := session.Symbolise(entries, session.Options{NetworkID: "ae_dev"})["initiator"]
	if len(lines) != 1 || len(lines[0].Text) > 10_000 {
		t.Errorf("%d lines, want one that is short", len(lines))
	}
}

// A long session is imported in a time that grows with its length: who has recorded
// an hour must not wait for days.
func TestALongSessionIsImportedSoon(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "recordings", "44_messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	find := func(text string) int {
		return slices.IndexFunc(lines, func(line []byte) bool { return bytes.Contains(line, []byte(text)) })
	}
	message, answer := find(`"id":80,"method":`), find(`"id":80,"jsonrpc":"2.0","result":"ok"`)
	if message < 0 || answer < message {
		t.Fatal("there is no message 80 with an answer")
	}
	again := bytes.Repeat(slices.Concat(lines[message], lines[answer]), 4000)
	long := slices.Concat(bytes.Join(lines[:answer+1], nil), again, bytes.Join(lines[answer+1:], nil))
	began := time.Now()
	if _, err := session.Import("long.jsonl", long, session.ImportOptions{NetworkID: "local_testnet"}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("%d lines took %v", bytes.Count(long, []byte("\n")), took)
	}
}
