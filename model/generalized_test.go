package model

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

func TestNothingIsSignedWithAGeneralizedAccount(t *testing.T) {
	s := newStage(t)
	s.open()
	wrapped := tx.NewSigned(&tx.GAMeta{GAID: s.keys[ini].ID(), AuthData: []byte{1}, Fee: big.NewInt(1), GasPrice: big.NewInt(1), Tx: s.offer(5).Bytes()})
	s.info(res, wire.EventUpdate)
	f := s.request(res, s.channel, wire.TagUpdateAck, wrapped, s.transfer(5))
	_, err := s.c[res].CheckSign(f)
	r, ok := errors.AsType[*Refusal](err)
	if !ok || r.Rule != RefusalGeneralized || !strings.Contains(err.Error(), s.account(ini)) {
		t.Errorf("got %v, want a refusal that names the account", err)
	}
}
