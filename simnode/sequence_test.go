package simnode_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/simnode"
)

// sequence says how a file of expected frames is played.
type sequence struct {
	// setup is what happens before the first line: "" an open channel, "none",
	// or the part of 01_open before the first frame that contains the text.
	setup string
	// before are other sequences that are played first: a name, or a name, a
	// space and a text, for the part before the first frame that contains it.
	before []string
	// goesOn: the file stops in the middle, more frames come.
	goesOn bool
	// params are those that both sides connect with, beside the usual ones.
	params map[string]string
	// requests are the params of the requests for an update or deposit, in order,
	// where they are not the usual ones.
	requests []string
	// replace changes the words of the file.
	replace []string
	era     simnode.Era
	// skip says why the file is not played.
	skip string
}

// update13 and update14 turn sequences with deposits and withdrawals into ones
// of off-chain updates alone.
var (
	update13 = []string{"channels.deposit_tx", "channels.update", "channels.deposit", "channels.update.new", "channels.sign.deposit_tx", "channels.sign.update"}
	update14 = []string{"channels.withdraw_tx", "channels.update", "channels.withdraw", "channels.update.new", "channels.sign.withdraw_tx", "channels.sign.update",
		"channels.sign.withdraw_ack", "channels.sign.update_ack", "withdraw_created", "update"}
)

var sequenceTests = map[string]sequence{
	"01_open":                         {setup: "none"},
	"02_open_old_format":              {setup: "none", era: simnode.Era2020},
	"03_open_bad_params":              {setup: "none"},
	"04_open_timeout_no_peer":         {setup: "none"},
	"05_open_min_depth_timeout":       {setup: "channel_changed", params: map[string]string{"timeout_funding_lock": "3000", "minimum_depth": "1000", "minimum_depth_strategy": "plain"}},
	"06_open_client_lost_before_sign": {setup: "none"},
	"08_transfer_request_errors": {requests: []string{
		`"amount":90000000000000`, `"amount":-1`, `"amount":1,"to":"SELF"`,
		`"amount":90000000000000`, `"amount":-1`, `"amount":1,"to":"SELF"`,
	}},
	"13_conflict_one_signs, updates":                     {replace: update13},
	"14_conflict_new_request_while_ack_pending, updates": {replace: update14},
	"15_conflict_stragglers_old":                         {skip: "it shows what the node no longer does"},
	"19_deposit_rejected_on_chain":                       {requests: []string{`"amount":10,"nonce":1`}},
	"24_settle_abort_and_stop_while_closing":             {before: []string{"23_close_solo_settle solo_closing"}},
	"25_slash":                                           {skip: "an old close is posted outside the channel"},
	"27_snapshot_pending_and_peer_update":                {before: []string{"07_transfer"}},
	"28_force_progress":                                  {skip: "the embedded node has no contracts"},
	"29_contract":                                        {skip: "the embedded node has no contracts"},
	"31_ping":                                            {setup: "none"},
	"34_leave_responder_stays":                           {params: map[string]string{"keep_running": "true"}},
	"35_client_reconnect":                                {goesOn: true},
	"36_reconnect_early":                                 {setup: "funding_signed"},
	"37_assume_minimum_depth":                            {setup: "channel_changed", goesOn: true},
}

// TestSequences plays the expected sequences of frames: what the clients send
// is sent, and each side must get exactly the frames of its lines.
func TestSequences(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sequences, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Collect(maps.Keys(sequenceTests))
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".txt"); name != "README" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := sequenceTests[name]
			if q.skip != "" {
				t.Skip(q.skip)
			}
			file, _, _ := strings.Cut(name, ", ")
			lines, err := readSequence(file)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { q.play(t, lines) })
		})
	}
	if _, err := os.Stat(filepath.Join(sequences, "README.txt")); err != nil {
		t.Error(err)
	}
}

func (q sequence) play(t *testing.T, lines []seqLine) {
	s := newStage(t, simnode.Config{Blocks: simnode.Manual, Latency: time.Millisecond, Era: q.era}, q.params)
	p := &seqPlayer{stage: s, requests: q.requests, left: make(map[string][]string)}
	if q.setup != "none" {
		opening, err := readSequence("01_open")
		if err != nil {
			t.Fatal(err)
		}
		if q.setup != "" {
			opening = until(opening, q.setup)
		}
		if err := p.play(opening); err != nil {
			t.Fatalf("before the sequence: %v", err)
		}
	}
	for _, before := range q.before {
		name, part, _ := strings.Cut(before, " ")
		first, err := readSequence(name)
		if err != nil {
			t.Fatal(err)
		}
		if part != "" {
			first = until(first, part)
		}
		if err := p.play(first); err != nil {
			t.Fatalf("before the sequence: %v", err)
		}
	}
	words := strings.NewReplacer(q.replace...)
	for i := range lines {
		if lines[i].side != "" {
			lines[i].text = words.Replace(lines[i].text)
		}
	}
	if err := p.play(lines); err != nil {
		t.Fatal(err)
	}
	time.Sleep(work)
	synctest.Wait()
	for side, c := range s.clients {
		if more := p.besides(side, c.next()); len(more) > 0 && !q.goesOn {
			t.Errorf("%s got more: %q", side, more)
		}
	}
}
