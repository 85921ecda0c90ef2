package session_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/session"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// seeds are those of the random sessions. CHANBOT_SEEDS=100-400 takes others.
func seeds(t *testing.T) (from, to uint64) {
	from, to = 500, 525
	if text := os.Getenv("CHANBOT_SEEDS"); text != "" {
		if _, err := fmt.Sscanf(text, "%d-%d", &from, &to); err != nil {
			t.Fatalf("CHANBOT_SEEDS=%s: %v", text, err)
		}
	}
	return from, to
}

// replayed imports what was recorded, as a recording and as a transcript, and
// plays both. A transcript has no times, so one of a session in which time played
// a part is left out.
func replayed(t *testing.T, name string, first []session.Entry) {
	t.Helper()
	forms := map[string][]byte{".jsonl": nil, ".md": nil}
	for _, e := range first {
		forms[".jsonl"] = results.AppendRecording(forms[".jsonl"], e)
		forms[".md"] = results.AppendTranscript(forms[".md"], e)
	}
	if timed(first) {
		delete(forms, ".md")
	}
	for ext, data := range forms {
		im, s := imported(t, name+ext, data)
		second := new(tape)
		problem := play(t, s, second)
		if problem == "" {
			for _, d := range im.Compare(second.entries) {
				problem += fmt.Sprintf("line %d: %s", im.Line(d.WantIndex), d)
			}
		}
		if problem == "" {
			continue
		}
		t.Errorf("%s: %s%s", ext, problem, dump(name+ext, im, second))
		if dir := os.Getenv("CHANBOT_IMPORTED"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".first"+ext), data, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

// timed says whether timers ran out in a session, or could have.
func timed(entries []session.Entry) bool {
	for i, e := range entries {
		if i > 0 && e.T-entries[i-1].T > time.Second || bytes.Contains(e.Frame, []byte(`"timeout"`)) {
			return true
		}
	}
	return false
}

// otherStage draws a stage that is not the usual one: blocks that come by
// themselves, other parameters, another era, another form of signatures.
func otherStage(r *rand.Rand) stage {
	g := stage{seed: r.Uint64(), latency: time.Duration(1+r.IntN(4)) * time.Millisecond}
	oneIn := func(n int) bool { return r.IntN(n) == 0 }
	if oneIn(4) {
		g.era = simnode.Era2020
	}
	if oneIn(2) {
		g.interval = []time.Duration{100 * time.Millisecond, 400 * time.Millisecond, time.Second}[r.IntN(3)]
	}
	if oneIn(2) {
		g.first = outcome.Roles[r.IntN(2)]
	}
	if oneIn(3) {
		g.form = tx.Hashed
	}
	for _, p := range []struct {
		n           int
		name, value string
	}{
		{4, "keep_running", "true"}, {4, "initiator_amount", "60000000000000"}, {4, "push_amount", "5"},
		{4, "responder_amount", "7000000000000000"}, {4, "channel_reserve", "1000"},
		{6, "minimum_depth", fmt.Sprint(r.IntN(6))}, {4, "minimum_depth_strategy", "plain"},
		{6, "timeout_sign", "1500"}, {6, "slogan", "x y&z"},
	} {
		if oneIn(p.n) {
			g.params = append(g.params, strategy.Param{Name: p.name, Value: p.value})
		}
	}
	return g
}

// TestSessionsOfOurOwnAreImportedFromOtherStages runs the ready scenarios where
// they were not made for; what becomes of them is a session in any case.
func TestSessionsOfOurOwnAreImportedFromOtherStages(t *testing.T) {
	for n, name := range scenarios.Names() {
		if n%oneIn != 0 {
			continue
		}
		src, _ := scenarios.Scenario(name)
		s, problems := strategy.Parse(name+".yaml", src, strategy.Options{ResolveStrategy: ready})
		if len(problems) > 0 {
			t.Fatal(problems.Error())
		}
		if s.Load != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := otherStage(rand.New(rand.NewPCG(uint64(n), 7)))
			first := new(tape)
			g.play(t, s, first)
			replayed(t, name, first.entries)
		})
	}
}

// anything are steps of a random session.
var anything = []string{
	"initiator: {deposit: 1}", "responder: {deposit: 3}", "initiator: {withdraw: 2}", "responder: {withdraw: 1}",
	"both: {deposit: 2}", "initiator: close", "responder: close", "both: {transfer: 1}", "both: {transfer: 1}, offset: 2ms",
	"initiator: close_solo", "responder: close_solo", "responder: settle", "initiator: settle", "initiator: slash",
	"responder: snapshot", "initiator: snapshot", "initiator: leave", "responder: leave", "both: reestablish",
	"initiator: {transfer: 1}", "responder: {transfer: 1}", "initiator: {transfer: 2}", "responder: {transfer: 3}",
	"initiator: {transfer: {amount: 1, from: responder, to: initiator}}", "initiator: {message: hi}", "responder: {message: ho}",
	"initiator: {balances: [initiator, responder]}", "responder: state", "initiator: ping", "initiator: history", "responder: {proof: [initiator]}",
	"initiator: {transfer: 999999999999999999}", "responder: {transfer: {amount: 1, params: {amount: -1}}}, raw: true",
	"responder: reconnect", "initiator: reconnect", "initiator: {disconnect: close}", "responder: {disconnect: reset}",
	"initiator: stop", "responder: stop", "wait: 700ms", "wait: 3s", "initiator: {send: {text: nonsense}}",
	"responder: {transfer: 1}, sign: {update: {abort: 42}}", "initiator: {transfer: 1}, sign: {update_ack: {abort: 147}}",
	"initiator: {transfer: 1}, sign: {update: [accept, {abort: 42}]}",
	"initiator: {send: {frame: {jsonrpc: '2.0', method: channels.update, params: {error: 7}}}}",
}

// randomSession draws a scenario: up to three channels, with steps that may make
// no sense, and clients that may answer anything.
func randomSession(r *rand.Rand) string {
	const end = "timeout: 15s, expect: any"
	var b strings.Builder
	b.WriteString("chanbot: 1\nname: random\n")
	b.WriteString("channel: {lock_period: 2, timeouts: {sign: 5s, accept: 4s, funding_sign: 6s, funding_lock: 8s, idle: 20s, funding_create: 7s}}\n")
	honest := r.IntN(2) == 0
	for _, role := range outcome.Roles {
		names := []string{"honest", "chaos", "slow", "aborter", "conflicter", "quitter", "flaky", "liar", "silent"}
		n := r.IntN(len(names))
		switch {
		case honest:
			n = 0
		case n > 2:
			names[n] += ", with: {share: 40%}"
		}
		fmt.Fprintf(&b, "%s: {use: %s}\n", role, names[n])
	}
	b.WriteString("steps:\n")
	for range 1 + r.IntN(3) {
		b.WriteString(openings[max(r.IntN(2*len(openings))-len(openings), 0)])
		for range 1 + r.IntN(6) {
			step := anything[r.IntN(len(anything))]
			if tag := tagOf(step); tag != "" && r.IntN(3) == 0 {
				step += fmt.Sprintf(", sign: {%s: %s}", tag, answers[r.IntN(len(answers))])
			}
			fmt.Fprintf(&b, "  - {%s, %s}\n", step, end)
		}
	}
	return strings.ReplaceAll(b.String(), "END", end)
}

// openings are ways to begin a channel, the usual one first.
var openings = []string{
	"  - {open: , END}\n",
	"  - {open: {params: {lock_period: 5}}, END}\n",
	"  - {open: {until: {initiator: sign.initiator_sign, responder: info channel_open}}, END}\n  - {initiator: {disconnect: close}, END}\n",
	"  - {open: {until: {initiator: info funding_signed, responder: sign.responder_sign}}, END}\n  - {responder: {disconnect: reset}, END}\n",
	"  - {open: , sign: {initiator_sign: [accept, accept]}, END}\n",
	"  - {open: , sign: {responder_sign: [accept, accept]}, END}\n",
	"  - {open: , sign: {initiator_sign: [{tamper: bad_signature}, accept]}, END}\n",
	"  - {open: , sign: {responder_sign: [{tamper: other_key}, {abort: 3}, accept]}, END}\n",
	"  - {open: , sign: {initiator_sign: stop}, END}\n",
	"  - {open: , sign: {responder_sign: stop}, END}\n",
	"  - {open: , sign: {responder_sign: {delay: 4500ms}}, END}\n",
	"  - {open: , sign: {initiator_sign: ignore}, END}\n",
	"  - {open: {until: {initiator: on_chain_tx funding_signed, responder: on_chain_tx funding_created}}, END}\n  - {initiator: reconnect, END}\n  - {open: , END}\n",
	"  - {open: {until: {initiator: on_chain_tx funding_signed, responder: on_chain_tx funding_created}}, END}\n  - {responder: {balances: [initiator]}, END}\n  - {initiator: {message: early}, END}\n  - {open: , END}\n",
	"  - {responder: {open: {params: {responder_amount: 41000000000000}}}, END}\n  - {initiator: {open: }, END}\n",
	"  - {responder: {open: {until: info fsm_up, params: {channel_reserve: 7}}}, END}\n  - {open: , END}\n",
	"  - {initiator: {open: {until: info fsm_up, params: {push_amount: 9}}}, END}\n  - {open: , END}\n",
	"  - {responder: {open: {until: info fsm_up, params: {keep_running: true, minimum_depth: 5, minimum_depth_strategy: plain}}}, END}\n  - {open: , END}\n",
	"  - {initiator: {open: {params: {role: nobody}}}, END}\n  - {responder: {open: {params: {initiator_amount: -1}}}, END}\n  - {open: , END}\n",
}

// answers are what a client may say to a request to sign.
var answers = []string{
	"[accept, accept]", "[accept, {abort: 42}]", "[{abort: 42}, accept]", "{tamper: bad_signature}", "[{tamper: unsigned}, accept]",
	"{tamper: other_transaction}", "{tamper: garbage}", "[{tamper: truncated}, accept]", "{abort: 1}", "{abort: 65535}", "[{abort: 0, raw: true}, accept]",
	"{delay: 2s}", "{delay: {for: 3s, then: {abort: 9}}}", "ignore", "stop", "{disconnect: close}", "{disconnect: reset}", "reconnect",
	"{propose: {transfer: 1}}", "{propose: {message: psst}}", "{tamper: {field: round, value: \"+1\", resign: true}}",
}

// tagOf returns a tag that a step leads to, of its actor or of the peer.
func tagOf(step string) string {
	for _, x := range []struct {
		action string
		tags   []string
	}{
		{"{transfer: 1}", []string{"update", "update_ack"}}, {"{transfer: 3}", []string{"update_ack", "update"}}, {"deposit", []string{"deposit_tx", "deposit_ack"}},
		{"withdraw", []string{"withdraw_ack", "withdraw_tx"}}, {": close_solo", []string{"close_solo_sign"}}, {": close", []string{"shutdown_sign", "shutdown_sign_ack"}},
		{"settle", []string{"settle_sign"}}, {"slash", []string{"slash_tx"}}, {"snapshot", []string{"snapshot_solo_tx"}},
	} {
		if strings.Contains(step, x.action) && !strings.Contains(step, "sign:") {
			return x.tags[len(step)%len(x.tags)]
		}
	}
	return ""
}

// TestRandomSessionsAreImported plays random sessions, and each of them again.
func TestRandomSessionsAreImported(t *testing.T) {
	from, to := seeds(t)
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 9))
			text := randomSession(r)
			s, problems := strategy.Parse("random.yaml", []byte(text), strategy.Options{ResolveStrategy: ready})
			if len(problems) > 0 {
				t.Fatalf("%s\n%s", problems.Error(), text)
			}
			g := otherStage(r)
			first := new(tape)
			if problem := g.play(t, s, first); problem != "" {
				t.Fatalf("%s\n%+v\n%s%s", problem, g, text, keep(fmt.Sprintf("random-%d.run", seed), first))
			}
			replayed(t, fmt.Sprintf("random-%d", seed), first.entries)
			if t.Failed() {
				t.Logf("%+v\n%s", g, text)
			}
		})
	}
}

// keep writes a session that was not even recorded rightly into a folder for a look at it.
func keep(name string, tp *tape) string {
	dir := os.Getenv("CHANBOT_IMPORTED")
	if dir == "" {
		return ""
	}
	var lines []byte
	for _, e := range tp.entries {
		lines = results.AppendRecording(lines, e)
	}
	file := filepath.Join(dir, name+".jsonl")
	if err := os.WriteFile(file, lines, 0o644); err != nil {
		return err.Error()
	}
	return file
}
