package model

import (
	"math/big"
	"slices"
	"testing"

	"chanbot/wire"
)

// TestStateFollowsTheFrames names the state machine's state at points of a
// session (fsm 1).
func TestStateFollowsTheFrames(t *testing.T) {
	for name, c := range map[string]struct {
		play     func(*stage)
		ini, res string
	}{
		"connected":           {func(s *stage) { s.open(1) }, StateInitialized, StateAwaitingOpen},
		"accepted":            {func(s *stage) { s.open(3) }, StateInitialized, StateAccepted},
		"initiator asked":     {func(s *stage) { s.open(4) }, StateSigningCreate, StateAccepted},
		"initiator signed":    {func(s *stage) { s.open(5) }, StateHalfSigned, StateAccepted},
		"responder asked":     {func(s *stage) { s.open(7) }, StateHalfSigned, StateSigningCreate},
		"waiting for depth":   {func(s *stage) { s.open(11) }, StateAwaitingLocked, StateAwaitingLocked},
		"own depth":           {func(s *stage) { s.open(14) }, StateSigned, StateAwaitingLocked},
		"open":                {func(s *stage) { s.open() }, StateOpen, StateOpen},
		"asked for an update": {func(s *stage) { s.open(); s.propose(ini, 1) }, StateSigningBoth, StateOpen},
		"half-signed":         {func(s *stage) { s.open(); s.half(ini, 1) }, StateAwaitingUpdateAck, StateSigningBoth},
		"co-signed":           {func(s *stage) { s.open(); s.update(ini, 1) }, StateOpen, StateOpen},
		"leaving":             {func(s *stage) { s.open(); s.ok(ini, s.ask(ini, wire.Leave{})) }, StateAwaitingLeaveAck, StateOpen},
		"aborted": {func(s *stage) {
			s.open()
			s.propose(ini, 1)
			s.abort(ini, wire.TagUpdate, 3)
			s.info(ini, wire.EventAbortedUpdate)
		}, StateOpen, StateOpen},
		"the other side has died": {func(s *stage) { s.open(); s.info(ini, wire.EventDied) }, "", StateOpen},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			c.play(s)
			if got := [2]string{s.c[ini].State(), s.c[res].State()}; got != [2]string{c.ini, c.res} {
				t.Errorf("got %q, want %q and %q", got, c.ini, c.res)
			}
		})
	}
}

func TestCellOfARequest(t *testing.T) {
	s := newStage(t)
	s.open()
	s.propose(ini, 1)
	for request, want := range map[string]Cell{
		string(wire.AppendCall(nil, nil, wire.GetBalances{})):                                     {StateSigningBoth, InputQuery},
		string(wire.AppendCall(nil, nil, wire.Deposit{Amount: big.NewInt(1)})):                    {StateSigningBoth, InputUpdate},
		string(wire.AppendAbort(nil, nil, wire.TagUpdate, []byte("5"))):                           {StateSigningBoth, InputAbort},
		string(wire.AppendAbort(nil, nil, wire.TagUpdateAck, []byte("5"))):                        {StateSigningBoth, InputAbortOther},
		string(wire.AppendSigned(nil, nil, wire.TagUpdate, s.sign(s.pending, ini).Text())):        {StateSigningBoth, InputSign},
		string(wire.AppendSigned(nil, nil, wire.TagDepositAck, s.sign(s.pending, ini).Text())):    {StateSigningBoth, InputSignOther},
		string(wire.AppendCall(nil, nil, wire.Slash{})):                                           {StateSigningBoth, InputSlash},
		`{"jsonrpc":"2.0","method":"channels.snapshot_solo","params":{}}`:                         {StateSigningBoth, InputSolo},
		`{"jsonrpc":"2.0","method":"channels.get.contract_call","params":{}}`:                     {StateSigningBoth, InputContractCall},
		`{"jsonrpc":"2.0","method":"channels.message","params":{"to":"ak_x","info":"y"}}`:         {StateSigningBoth, InputQuery},
		`{"jsonrpc":"2.0","method":"channels.assume_minimum_depth","params":{"tx_hash":"th_xy"}}`: {StateSigningBoth, InputAssume},
	} {
		reqs, _, ok := wire.ParseRequests([]byte(request))
		if !ok {
			t.Fatalf("%s: no request", request)
		}
		got, ok := s.c[ini].Cell(&reqs[0])
		if !ok || got != want || !slices.Contains(Cells(), got) {
			t.Errorf("%s: got %v, want %v", request, got, want)
		}
	}
	ping, _, _ := wire.ParseRequests(wire.AppendCall(nil, nil, wire.System{Action: wire.ActionPing}))
	if got, ok := s.c[ini].Cell(&ping[0]); ok {
		t.Errorf("a ping: got %v", got)
	}
}
