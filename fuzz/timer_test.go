package fuzz

import (
	"testing"
	"time"

	"chanbot/results"
)

// A timer is early by what the sockets were opened with.
func TestATimerIsEarly(t *testing.T) {
	sc, err := parse([]byte("chanbot: 1\nname: early\nsteps:\n  - open:\n"))
	if err != nil {
		t.Fatal(err)
	}
	for query, early := range map[string]bool{
		"role=initiator":                   true,
		"role=initiator&timeout_sign=9000": true,
		"role=initiator&timeout_sign=50":   false,
		"role=initiator&timeout_sign=0":    false,
		"timeout_sign=-1&role=initiator":   false,
	} {
		tape := newTape()
		record := func(at time.Duration, dir, frame string) {
			tape.Record(results.FrameRecord{T: at, Side: "initiator", Dir: dir, Frame: results.FrameOf([]byte(frame))})
		}
		record(time.Millisecond, results.DirConnect, "ws://localhost:3014/channel?"+query)
		record(2*time.Millisecond, results.DirIn, `{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"fsm_up"}},"version":1}`)
		record(102*time.Millisecond, results.DirIn, `{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"timeout"}},"version":1}`)
		if b := tape.earlyTimer(sc, 10, 0); (b != nil) != early {
			t.Errorf("%s: got %v", query, b)
		}
	}
}
