package fuzz

import (
	"strings"
	"testing"
	"time"

	"chanbot/results"
)

// TestATimerIsLate plays frames of both sides, a line each, and looks which timer
// should have run out by their end.
func TestATimerIsLate(t *testing.T) {
	const channel = "channel:\n  timeouts: {sign: 600ms, accept: 500ms}\nsteps:\n  - open:\n"
	sc, err := parse([]byte("chanbot: 1\nname: late\n" + channel))
	if err != nil {
		t.Fatal(err)
	}
	frames := map[string]string{
		"sign update":     `{"jsonrpc":"2.0","method":"channels.sign.update","params":{"channel_id":null,"data":{"signed_tx":"tx_x","updates":[]}}}`,
		"sign update_ack": `{"jsonrpc":"2.0","method":"channels.sign.update_ack","params":{"channel_id":null,"data":{"signed_tx":"tx_x","updates":[]}}}`,
		"signs update":    `{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":"tx_x"}}`,
		"conflict":        `{"jsonrpc":"2.0","method":"channels.conflict","params":{"channel_id":null,"data":{"channel_id":null,"error_code":1,"error_msg":"x","round":2}}}`,
		"closing":         `{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"closing"}}}`,
		"asks":            `{"jsonrpc":"2.0","method":"channels.update.new","params":{}}`,
	}
	for name, c := range map[string]struct {
		play string
		want string // the timer
	}{
		"nothing":                         {"", ""},
		"who asked does not sign":         {"initiator in sign update", "timeout_sign"},
		"and is told":                     {"initiator in sign update, initiator in conflict", ""},
		"the peer is not asked":           {"initiator in sign update, initiator out signs update", ""},
		"the peer does not sign":          {"initiator in sign update, initiator out signs update, responder in sign update_ack", "timeout"},
		"a conflict of both":              {"initiator in sign update, initiator out signs update, responder in sign update_ack, responder in conflict, initiator in conflict", ""},
		"a conflict before the peer asks": {"initiator in sign update, initiator out signs update, initiator in conflict, responder in sign update_ack, responder in conflict", ""},
		"a closing before the peer asks":  {"initiator in sign update, initiator out signs update, initiator in closing, responder in sign update_ack, responder in closing", ""},
		"another request":                 {"initiator in sign update, responder out asks", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tape := newTape()
			at := time.Duration(0)
			for line := range strings.SplitSeq(c.play, ", ") {
				f := strings.SplitN(line, " ", 3)
				if len(f) < 3 {
					continue
				}
				at += time.Millisecond
				dir := map[string]string{"in": results.DirIn, "out": results.DirOut}[f[1]]
				tape.Record(results.FrameRecord{T: at, Side: f[0], Dir: dir, Frame: []byte(frames[f[2]])})
			}
			if b := tape.lateTimer(sc, at+500*time.Millisecond+lateMargin); b != nil {
				t.Errorf("too early: %s", b.Expected)
			}
			b := tape.lateTimer(sc, at+5*time.Second)
			switch {
			case c.want == "" && b != nil:
				t.Errorf("got %s, %s", b.Expected, b.Got)
			case c.want != "" && (b == nil || !strings.Contains(b.Expected, c.want)):
				t.Errorf("got %v, want %s", b, c.want)
			}
		})
	}
}
