package model

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"chanbot/wire"
)

// FuzzReceived gives a client lines of anything: a line that begins with ">" is
// sent, "+" and "-" begin and end a socket, every other one is received.
func FuzzReceived(f *testing.F) {
	for _, name := range []string{"05_system_stop", "45_batches", "62_dup_update", "50_leave_initiator_keep_running_false",
		"03_deposit_withdraw", "23_cheating_close_slash", "50c_leave_initiator_keep_running_true_idle_peer"} {
		var all []byte
		for _, e := range readRecording(f, filepath.Join(recordings, name+".jsonl")) {
			if e.Side == "initiator" {
				all = append(all, lineOf(e)...)
			}
		}
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		s := newStage(t, func(c *Config) { c.Deny = []string{"all"} })
		for line := range bytes.SplitSeq(lines, []byte("\n")) {
			for _, c := range s.c {
				tellLine(c, line)
			}
		}
		NewPair(s.c[ini], s.c[res]).Check()
	})
}

func lineOf(e event) []byte {
	switch e.Dir {
	case "in":
		return append(textOf(e.Frame), '\n')
	case "out":
		return append(append([]byte(">"), textOf(e.Frame)...), '\n')
	case "close":
		return []byte("-\n")
	case "connect":
		return []byte("+\n")
	}
	return nil
}

func tellLine(c *Client, line []byte) {
	switch {
	case len(line) == 0:
	case line[0] == '>':
		c.Sent(line[1:], wire.Request{})
	case line[0] == '-':
		c.Closed(1000, nil)
	case line[0] == '+':
		c.Connected(len(line) == 1)
	default:
		frame := wire.DecodeFrame(line)
		c.Received(&frame)
		_, _ = c.CheckSign(&frame)
		_ = c.String()
		c.Balances()
	}
}

// TestShuffledRecordingsDoNotPanic tells real frames in any order, to any side.
func TestShuffledRecordingsDoNotPanic(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var lines [][]byte
	for _, path := range recordingNames(t) {
		for _, e := range readRecording(t, path) {
			if line := lineOf(e); line != nil && rng.IntN(8) == 0 {
				lines = append(lines, bytes.TrimSuffix(line, []byte("\n")))
			}
		}
	}
	s := newStage(t)
	s.open()
	for i := range sample(20_000) {
		tellLine(s.c[rng.IntN(2)], lines[rng.IntN(len(lines))])
		if i%500 == 0 {
			s.check()
		}
	}
}

// sample is a smaller number under the race detector.
func sample(n int) int {
	if raceDetector {
		return n / 5
	}
	return n
}

// TestRandomLegalSessionsHaveNoViolation plays what a correct node does, in
// random order, with answers that overtake notifications.
func TestRandomLegalSessionsHaveNoViolation(t *testing.T) {
	for seed := range uint64(sample(60)) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := newStage(t).open()
		for range 60 {
			randomStep(s, rng)
			if len(s.found) > 0 {
				t.Fatalf("seed %d: %v", seed, s.found)
			}
		}
		if i, r := s.c[ini].Balances(); i.Cmp(s.bal[0]) != 0 || r.Cmp(s.bal[1]) != 0 || s.c[res].Round() != s.round {
			t.Errorf("seed %d: got %v / %v, want %v", seed, i, r, s.bal)
		}
	}
}

func randomStep(s *stage, rng *rand.Rand) {
	side := rng.IntN(2)
	code := 100 + rng.IntN(60_000)
	amount := int64(1 + rng.IntN(3))
	switch rng.IntN(11) {
	case 0, 1, 2:
		s.update(side, amount)
	case 3: // an own abort
		s.propose(side, amount)
		s.abort(side, wire.TagUpdate, code)
		s.info(side, wire.EventAbortedUpdate)
	case 4: // the acker aborts
		s.half(side, amount)
		s.abort(1-side, wire.TagUpdateAck, code)
		if rng.IntN(2) == 0 {
			s.info(1-side, wire.EventAbortedUpdate)
			s.conflict(side, code, s.round)
		} else {
			s.conflict(side, code, s.round)
			s.info(1-side, wire.EventAbortedUpdate)
		}
	case 5: // both propose, one or both sign
		s.propose(side, amount)
		s.propose(1-side, amount+1)
		s.answer(side, wire.TagUpdate, s.offer(amount), s.channel)
		if rng.IntN(2) == 0 {
			s.answer(1-side, wire.TagUpdate, s.offer(amount+1), s.channel)
		}
		s.conflict(1-side, 2, s.round)
		s.conflict(side, 2, s.round)
	case 6: // a late abort, refused before or after the report
		t := s.cosign(side, amount)
		b := s.abort(1-side, wire.TagUpdateAck, code)
		if rng.IntN(2) == 0 {
			s.refuse(1-side, b, wire.CodeNotAllowed)
			s.report(1-side, t)
		} else {
			s.report(1-side, t)
			s.refuse(1-side, b, wire.CodeNotAllowed)
		}
		s.report(side, t)
	case 7:
		s.balances(side, s.bal[0].Int64(), s.bal[1].Int64())
		s.tell("hello")
		s.message(res, s.account(ini), s.account(res), "hello")
	case 9:
		follow(s.deposit(side, amount))
	case 10: // a deposit that the acker aborts
		follow(s.deposit(side, amount)[:3])
		s.abort(1-side, wire.TagDepositAck, code)
		s.info(1-side, wire.EventAbortedUpdate)
		s.conflict(side, code, s.round)
	case 8: // the starter's timer
		s.half(side, amount)
		s.conflict(side, 3, s.round)
		s.conflict(1-side, 3, s.round)
	}
	s.check()
}

// BenchmarkRecordedTransfers tells both sides of a session of 100 transfers to
// their clients: per frame, without decoding it.
func BenchmarkRecordedTransfers(b *testing.B) {
	type told struct {
		side  int
		frame wire.Frame
		reqs  []wire.Request
	}
	var all []told
	var cfg [2]Config
	for _, e := range readRecording(b, filepath.Join(recordings, "43_offchain_state_after_100_updates.jsonl")) {
		m := told{side: ini}
		if e.Side == "responder" {
			m.side = res
		}
		switch e.Dir {
		case "connect":
			var address string
			if err := json.Unmarshal(e.Frame, &address); err != nil {
				b.Fatal(err)
			}
			cfg[m.side], _ = configOf(b, address, "ae_dev")
		case "in":
			m.frame = wire.DecodeFrame(textOf(e.Frame))
			all = append(all, m)
		case "out":
			m.reqs, _, _ = wire.ParseRequests(textOf(e.Frame))
			all = append(all, m)
		}
	}
	for _, n := range []int{1, 100} {
		b.Run("signature "+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var c [2]*Client
				for side := range c {
					one := cfg[side]
					one.SampleChecks = n
					c[side] = NewClient(one)
					c[side].Connected(false)
				}
				for i := range all {
					m := &all[i]
					if m.reqs != nil {
						c[m.side].Sent(m.reqs[0].Raw, m.reqs[0])
					} else if found := c[m.side].Received(&m.frame); len(found) > 0 {
						b.Fatal(found)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/frame")
		})
	}
}
