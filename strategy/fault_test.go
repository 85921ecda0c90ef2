package strategy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chanbot/outcome"
	"chanbot/strategy"
)

func TestFaultsAreRead(t *testing.T) {
	for _, c := range []struct {
		text string
		want strategy.Fault
	}{
		{"{do: drop}", strategy.Fault{Do: "drop", In: true, Out: true}},
		{"{do: {drop: true}, direction: in}", strategy.Fault{Do: "drop", In: true}},
		{"{do: stall, direction: out, role: responder}", strategy.Fault{Do: "stall", Out: true, Role: outcome.Responder}},
		{"{do: {stall: 2s}}", strategy.Fault{Do: "stall", For: 2 * time.Second, In: true, Out: true}},
		{"{do: {delay: 50ms}, share: 12.5%}", strategy.Fault{Do: "delay", For: 50 * time.Millisecond, Share: 12_500_000, In: true, Out: true}},
		{"{do: {delay: {from: 5ms, to: 80ms}}}", strategy.Fault{Do: "delay", For: 5 * time.Millisecond, Most: 80 * time.Millisecond, In: true, Out: true}},
		{"{do: {throttle: 2000}, after: 10s, until: 1m}", strategy.Fault{Do: "throttle", Rate: 2000, After: 10 * time.Second, Until: time.Minute, In: true, Out: true}},
		{"{do: {cut: half}}", strategy.Fault{Do: "cut", How: "half", In: true, Out: true}},
		{"{do: corrupt, frames: [sign.update, deposit_tx]}", strategy.Fault{Do: "corrupt", In: true, Out: true, Frames: []strategy.FrameName{{Name: "sign.update"}, {Name: "deposit_tx"}}}},
		{"{do: drop, direction: in, frames: [deposit_tx, fsm_up, channel_changed, update, own_funding_locked]}", strategy.Fault{Do: "drop", In: true, Frames: []strategy.FrameName{
			{Name: "sign.deposit_tx"}, {Name: "info fsm_up"}, {Name: "on_chain_tx channel_changed"}, {Name: "update"}, {Name: "info own_funding_locked"}}}},
		{"{do: double, nth: 2..3}", strategy.Fault{Do: "double", In: true, Out: true, Nth: &strategy.Span{}}},
	} {
		sc, problems := strategy.Parse("f.yaml", []byte("chanbot: 1\nname: f\nfaults: ["+c.text+"]\nsteps: [open]\n"), strategy.Options{})
		if problems != nil || len(sc.Faults) != 1 {
			t.Errorf("%s: %v", c.text, problems)
			continue
		}
		if diff := cmp.Diff(c.want, sc.Faults[0], cmpopts.IgnoreTypes(strategy.Pos{}), cmpopts.IgnoreFields(strategy.Span{}, "Ranges")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.text, diff)
		}
		wantDistorts := c.want.Do == "drop" || c.want.Do == "double" || c.want.Do == "corrupt"
		if sc.Faults[0].Distorts() != wantDistorts {
			t.Errorf("%s: distorts %v", c.text, !wantDistorts)
		}
	}
}
