package session

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// line returns the first line of a side that contains part.
func line(t *testing.T, lines []Line, part string) string {
	t.Helper()
	for _, l := range lines {
		if strings.Contains(l.Text, part) {
			return l.Text
		}
	}
	t.Fatalf("no line contains %q", part)
	return ""
}

func TestLinesSayWhatATransactionHolds(t *testing.T) {
	lines := Symbolise(recording(t, "02_seed_exact"), Options{NetworkID: "ae_dev"})
	create := "channel_create_tx from=<initiator> nonce=first+0 version=2 delegates=0 initiator_id=<initiator> initiator_amount=70000000000000" +
		" responder_id=<responder> responder_amount=40000000000000 channel_reserve=2 lock_period=10 ttl=0 state_hash=<state 1> makes=<channel 1>>"
	for _, c := range []struct{ side, part, want string }{
		{"initiator", "/channel?", "/channel?channel_reserve=2&host=localhost&initiator_amount=70000000000000&initiator_id=<initiator>&keep_running=false&lock_period=10" +
			"&port=<port 1>&protocol=json-rpc&push_amount=1&responder_amount=40000000000000&responder_id=<responder>&role=initiator"},
		{"initiator", `"channels.sign.initiator_sign"`, `{"jsonrpc":"2.0","method":"channels.sign.initiator_sign","params":{"channel_id":null,"data":{"signed_tx":"<tx 1, 0 signatures: ` + create + `","updates":[]}},"version":1}`},
		{"responder", `"channels.responder_sign"`, `{"id":"<id 1>","jsonrpc":"2.0","method":"channels.responder_sign","params":{"signed_tx":"<tx 1, signed by <initiator> and <responder>: ` + create + `"}}`},
		{"initiator", `"channels.sign.update"`, `{"jsonrpc":"2.0","method":"channels.sign.update","params":{"channel_id":"<channel 1>","data":{"signed_tx":"<tx 2, 0 signatures: channel_offchain_tx version=2 updates=0 channel_id=<channel 1> round=2 state_hash=<state 2>>"` +
			`,"updates":[{"amount":1,"from":"<initiator>","op":"OffChainTransfer","to":"<responder>"}]}},"version":1}`},
		{"initiator", `"balance":`, `{"channel_id":"<channel 1>","id":"<id 2>","jsonrpc":"2.0","result":[{"account":"<initiator>","balance":69999999999999},{"account":"<responder>","balance":40000000000001}],"version":1}`},
	} {
		if diff := cmp.Diff(c.want, line(t, lines[c.side], c.part)); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", c.side, c.part, diff)
		}
	}
}

func TestLinesTellWhoSigned(t *testing.T) {
	lines := Symbolise(recording(t, "90_bad_update_ack"), Options{NetworkID: "ae_dev"})
	var got []string
	for _, l := range lines["responder"] {
		if l.Dir != "out" || l.name != "channels.update_ack" {
			continue
		}
		_, answer, _ := strings.Cut(l.Text, `"signed_tx":"`)
		answer, _, _ = strings.Cut(answer, ": ")
		answer, _, _ = strings.Cut(answer, `"`)
		got = append(got, answer)
	}
	want := []string{
		"<tx 2, signed by <initiator> and nobody",
		"<tx 2, signed by <initiator> and <initiator>",
		"<tx 2, signed by <initiator>",
		"<tx 2, signed by <responder>",
		"<tx 2, 0 signatures",
		"<tx 3, signed by <initiator> and <responder>",
		"<tx 4, signed by <initiator> and <responder>",
		"<broken tx>",
		"tx_!!**not base64**!!",
		"<tx without its prefix>",
		"",
		"<tx of 5 bytes that are no transaction>",
		"<tx 2, signed by <initiator> and <responder>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	lines = Symbolise(recording(t, "90_hash_form_session"), Options{NetworkID: "ae_dev"})
	if got := line(t, lines["initiator"], `"channels.initiator_sign"`); !strings.Contains(got, "signed by <initiator> (hash):") {
		t.Errorf("got %s", got)
	}
}

func TestFeesAreLeftOutUnlessAskedFor(t *testing.T) {
	entries := recording(t, "01_open_update_abort_conflict_close")
	const part = `"info":"close_mutual"`
	without := line(t, Symbolise(entries, Options{})["initiator"], part)
	if !strings.Contains(without, "amounts_and_fee=110000000000000") || strings.Contains(without, " fee=") {
		t.Errorf("got %s", without)
	}
	with := line(t, Symbolise(entries, Options{KeepFees: true})["initiator"], part)
	if !strings.Contains(with, " fee=") || !strings.Contains(with, "initiator_amount_final=") {
		t.Errorf("got %s", with)
	}
}

func TestStateTreesAndProofsShowBalances(t *testing.T) {
	for name, want := range map[string]string{
		"03_deposit_withdraw":            `"trees":"<trees of <state `,
		"42_queries_with_and_without_id": `"poi":"<proof of <state `,
	} {
		got := line(t, Symbolise(recording(t, name), Options{})["initiator"], want)
		_, got, _ = strings.Cut(got, want)
		if !strings.Contains(got, "<initiator> has ") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
