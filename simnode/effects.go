package simnode

import (
	"math/big"

	"chanbot/tx"
)

// apply puts a transaction into a block of the generation of height, or says
// which requirement it does not meet and changes nothing. Requirements and
// effects are those of transactions.md, section 7. Signatures of the
// transaction itself were checked when it was posted.
func (l *ledger) apply(p *poolTx, height uint64) error {
	payer := l.sight(p.terms.payer.Key)
	switch {
	case payer == nil:
		return accountNotFound
	case p.terms.nonce <= payer.Nonce:
		return nonceTooLow
	case p.terms.nonce > payer.Nonce+1:
		return nonceTooHigh
	}
	switch t := p.tx.(type) {
	case *tx.Spend:
		return l.spend(payer, t)
	case *tx.Create:
		return l.create(payer, t)
	case *tx.ForceProgress:
		return contractsUnknown
	}
	s := l.channels[p.terms.channel]
	if s == nil {
		return channelUnknown
	}
	switch t := p.tx.(type) {
	case *tx.Deposit:
		return l.deposit(payer, s, t)
	case *tx.Withdraw:
		return l.withdraw(payer, s, t)
	case *tx.CloseMutual:
		return l.closeMutual(payer, s, t)
	case *tx.CloseSolo:
		return l.closeSolo(payer, s, t, p, height)
	case *tx.Slash:
		return l.slash(payer, s, t, p, height)
	case *tx.Settle:
		return l.settle(payer, s, t, height)
	case *tx.SnapshotSolo:
		return l.snapshotSolo(payer, s, t, p)
	case *tx.SetDelegates:
		return l.setDelegates(payer, s, t, p)
	}
	return typeUnknown
}

// owns tells whether an account can pay all amounts at once.
func owns(a *accountState, amounts ...*big.Int) bool {
	return a.Balance.Cmp(sum(amounts...)) >= 0
}

// charge takes the fee, and what else the transaction costs its payer, and
// uses up the nonce.
func (l *ledger) charge(payer *accountState, fee *big.Int, extra ...*big.Int) {
	payer.Balance = less(payer.Balance, append(extra, fee)...)
	payer.Nonce++
	l.fees = sum(l.fees, fee)
}

func (l *ledger) spend(payer *accountState, t *tx.Spend) error {
	if !owns(payer, t.Amount, t.Fee) {
		return insufficientFunds
	}
	l.charge(payer, t.Fee, t.Amount)
	l.sight(t.RecipientID.Key) // with its endowment, if it is new
	l.credit(t.RecipientID.Key, t.Amount)
	return nil
}

// create locks the deposited amounts, which are those before push.
func (l *ledger) create(payer *accountState, t *tx.Create) error {
	id := tx.ChannelIDOf(t.InitiatorID, t.Nonce, t.ResponderID)
	responder := l.sight(t.ResponderID.Key)
	switch {
	case t.InitiatorID == t.ResponderID:
		return sameParties
	case responder == nil:
		return accountNotFound
	case t.InitiatorAmount.Cmp(t.ChannelReserve) < 0, t.ResponderAmount.Cmp(t.ChannelReserve) < 0:
		return belowReserve
	case l.channels[id] != nil:
		return channelExists
	case !owns(payer, t.InitiatorAmount, t.Fee), !owns(responder, t.ResponderAmount):
		return insufficientFunds
	}
	l.charge(payer, t.Fee, t.InitiatorAmount)
	responder.Balance = less(responder.Balance, t.ResponderAmount)
	l.channels[id] = &channelState{
		ID:                 id,
		InitiatorID:        t.InitiatorID,
		ResponderID:        t.ResponderID,
		ChannelAmount:      sum(t.InitiatorAmount, t.ResponderAmount),
		InitiatorAmount:    sum(t.InitiatorAmount),
		ResponderAmount:    sum(t.ResponderAmount),
		ChannelReserve:     sum(t.ChannelReserve),
		InitiatorDelegates: t.InitiatorDelegates,
		ResponderDelegates: t.ResponderDelegates,
		StateHash:          t.StateHash,
		Round:              1,
		LockPeriod:         t.LockPeriod,
	}
	return nil
}

func (l *ledger) deposit(payer *accountState, s *channelState, t *tx.Deposit) error {
	switch {
	case !s.participant(t.FromID):
		return notPeer
	case !owns(payer, t.Amount, t.Fee):
		return insufficientFunds
	}
	if err := s.takes(t.Round); err != nil {
		return err
	}
	l.charge(payer, t.Fee, t.Amount)
	s.ChannelAmount = sum(s.ChannelAmount, t.Amount)
	s.advance(t.Round, t.StateHash)
	return nil
}

// withdraw wants the fee from the account, before the amount arrives there.
func (l *ledger) withdraw(payer *accountState, s *channelState, t *tx.Withdraw) error {
	switch {
	case !s.participant(t.ToID):
		return notPeer
	case !owns(payer, t.Fee):
		return insufficientFunds
	}
	if err := s.takes(t.Round); err != nil {
		return err
	}
	if s.ChannelAmount.Cmp(sum(s.ChannelReserve, s.ChannelReserve, t.Amount)) < 0 {
		return reserveNotKept
	}
	l.charge(payer, t.Fee)
	payer.Balance = sum(payer.Balance, t.Amount)
	s.ChannelAmount = less(s.ChannelAmount, t.Amount)
	s.advance(t.Round, t.StateHash)
	return nil
}

// closeMutual takes the fee from the channel. From Lima on, the only protocols
// simulated, a channel may also be closed so while it is solo-closing.
func (l *ledger) closeMutual(payer *accountState, s *channelState, t *tx.CloseMutual) error {
	switch {
	case !s.participant(t.FromID):
		return notPeer
	case s.ChannelAmount.Cmp(sum(t.InitiatorAmountFinal, t.ResponderAmountFinal, t.Fee)) < 0:
		return amountTooSmall
	}
	payer.Nonce++
	l.fees = sum(l.fees, t.Fee)
	initiator, responder := l.finals(t, t.InitiatorAmountFinal, t.ResponderAmountFinal)
	l.payOut(s, less(s.ChannelAmount, t.Fee), initiator, responder)
	return nil
}

// setDelegates replaces the delegates. Its payload acts as a snapshot.
func (l *ledger) setDelegates(payer *accountState, s *channelState, t *tx.SetDelegates, p *poolTx) error {
	switch {
	case !s.participant(t.FromID):
		return notPeer
	case !s.active():
		return channelNotActive
	case !owns(payer, t.Fee):
		return insufficientFunds
	}
	round, hash := s.Round, s.StateHash
	if len(t.Payload) > 0 {
		state, err := l.payload(p, s, t.Payload)
		if err != nil {
			return err
		}
		round, hash = state.Round, state.StateHash
	}
	if t.Round != round || t.StateHash != hash {
		return delegatesStateWrong
	}
	l.charge(payer, t.Fee)
	s.InitiatorDelegates, s.ResponderDelegates = t.InitiatorDelegates, t.ResponderDelegates
	if len(t.Payload) > 0 {
		s.advance(round, hash)
	}
	return nil
}

// payOut ends a channel that holds amount: the finals go to the participants,
// the rest is lost.
func (l *ledger) payOut(s *channelState, amount, initiator, responder *big.Int) {
	l.credit(s.InitiatorID.Key, initiator)
	l.credit(s.ResponderID.Key, responder)
	if rest := less(amount, initiator, responder); rest.Sign() > 0 {
		l.credit(burnt, rest)
	}
	delete(l.channels, s.ID)
}

// takes tells whether an active channel takes a co-signed state of this round.
func (s *channelState) takes(round uint64) error {
	switch {
	case !s.active():
		return channelNotActive
	case s.supersededBy(round):
		return nil
	case round == s.Round:
		return sameRound
	}
	return oldRound
}

// advance stores a co-signed state.
func (s *channelState) advance(round uint64, hash tx.Hash) {
	s.Round, s.StateHash, s.SoloRound = round, hash, 0
}
