package reclaim_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"chanbot/reclaim"
	"chanbot/results"
	"chanbot/tx"
)

// in runs a test on fake time.
func in(t *testing.T, pairs int, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newBench(t, pairs)) })
}

const stop = "  - initiator: stop\n"

func TestStoppedChannelsAreReestablishedAndClosed(t *testing.T) {
	in(t, 6, func(b *bench) {
		b.play(updates(3)+stop, nil)
		b.want(b.reclaim(nil), 6, reclaim.ClosedMutually)
		b.want(b.reclaim(nil), 6, reclaim.AlreadyClosed)
		b.sweptAll(4)
	})
}

func TestKilledInTheMiddleOfUpdates(t *testing.T) {
	for name, when := range map[string]results.FrameRecord{
		"starter is asked":   {Dir: results.DirIn, Frame: []byte(`"channels.sign.update"`)},
		"starter has signed": {Dir: results.DirOut, Frame: []byte(`"channels.update"`)},
		"acker is asked":     {Dir: results.DirIn, Frame: []byte(`"channels.sign.update_ack"`)},
		"acker has signed":   {Dir: results.DirOut, Frame: []byte(`"channels.update_ack"`)},
		"reported":           {Dir: results.DirIn, Frame: []byte(`"channels.update"`)},
		"deposit":            {Dir: results.DirIn, Frame: []byte(`"channels.sign.deposit_ack"`)},
		"deposit has signed": {Dir: results.DirOut, Frame: []byte(`"channels.deposit_ack"`)},
		"opening":            {Dir: results.DirIn, Frame: []byte(`"own_funding_locked"`)},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, 3, func(b *bench) {
				var seen atomic.Int64
				least := int64(20)
				if !bytes.Contains(when.Frame, []byte("update")) {
					least = 1
				}
				b.play(updates(10)+"  - responder: {deposit: 5000}\n", func(r results.FrameRecord) bool {
					if r.Dir == when.Dir && bytes.Contains(r.Frame, when.Frame) {
						seen.Add(1)
					}
					return seen.Load() > least
				})
				b.want(b.reclaim(nil), 3, reclaim.ClosedMutually)
				b.sweptAll(4)
			})
		})
	}
}

func TestChannelThatIsSoloClosingAlready(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play(updates(2)+"  - initiator: close_solo\n"+stop, nil)
		b.want(b.reclaim(func(c *reclaim.Config) { c.Solo, c.Wait = true, 0 }), 1, reclaim.Closing)
		b.want(b.reclaim(func(c *reclaim.Config) { c.Solo = true }), 1, reclaim.ClosedSolo)
		b.sweptAll(5)
	})
}

func TestSoloClosingChannelCanStillBeClosedMutually(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play(updates(2)+"  - initiator: close_solo\n", func(r results.FrameRecord) bool { return bytes.Contains(r.Frame, []byte(`"closing"`)) })
		b.want(b.reclaim(nil), 1, reclaim.ClosedMutually)
		b.sweptAll(5)
	})
}

// A machine that still runs closes for its side, and one that has ended is not
// needed.
func TestOneSideCannotSign(t *testing.T) {
	for _, steps := range []string{updates(2) + stop, updates(2)} {
		for side := range 2 {
			in(t, 1, func(b *bench) {
				b.play(steps, func(r results.FrameRecord) bool {
					return steps == updates(2) && bytes.Contains(r.Frame, []byte(`"channels.sign.update_ack"`))
				})
				b.want(b.reclaim(func(c *reclaim.Config) { c.Keys = b.keys[side : side+1] }), 1, reclaim.ClosedSolo)
				b.sweptAll(5)
			})
		}
	}
}

func TestStateOnTheChainNeedsNoPayload(t *testing.T) {
	for name, steps := range map[string]string{
		"create": "  - open:\n", "deposit": "  - open:\n  - initiator: {transfer: 2}\n  - responder: {deposit: 1000}\n",
		"withdraw": "  - open:\n  - initiator: {withdraw: 1000}\n",
	} {
		t.Run(name, func(t *testing.T) {
			in(t, 1, func(b *bench) {
				b.play(steps+stop, nil)
				b.want(b.reclaim(func(c *reclaim.Config) { c.Solo = true }), 1, reclaim.ClosedSolo)
				b.sweptAll(6)
			})
		})
	}
}

func TestNodeHasLostItsState(t *testing.T) {
	in(t, 2, func(b *bench) {
		b.play(updates(2)+stop, nil)
		other := tx.Blake2b(nil).Text(tx.PrefixChannel)
		b.query = func(r *http.Request) {
			q := r.URL.Query()
			if q.Has("existing_channel_id") {
				q.Set("existing_channel_id", other)
				r.URL.RawQuery = q.Encode()
			}
		}
		var told []reclaim.Status
		all := b.reclaim(func(c *reclaim.Config) { c.Report = func(r reclaim.Result) { told = append(told, r.Status) } })
		b.want(all, 2, reclaim.ClosedSolo)
		if len(told) != 4 || told[0] != reclaim.Closing || told[3] != reclaim.ClosedSolo {
			b.Errorf("told %v", told)
		}
		b.sweptAll(5)
	})
}

func TestWrongIDsLeadToASoloClose(t *testing.T) {
	in(t, 1, func(b *bench) {
		b.play(updates(2)+stop, nil)
		channels, known, err := b.folder.OpenChannels()
		if err != nil {
			b.Fatal(err)
		}
		text := tx.Blake2b(nil).Text(tx.PrefixByteArray)
		channels.Channel(results.ChannelRecord{Channel: known[0].Channel, FSMIDs: [2]string{text, text}})
		if err := channels.Close(); err != nil {
			b.Fatal(err)
		}
		all := b.reclaim(nil)
		b.want(all, 1, reclaim.ClosedSolo)
		if !strings.Contains(all[0].Reason, "1016") {
			b.Errorf("reason %q", all[0].Reason)
		}
		b.sweptAll(5)
	})
}
