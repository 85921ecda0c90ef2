package accounts

import (
	"bufio"
	"bytes"
	"chanbot/tx"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// readProgress reads all complete lines and returns how many bytes they take.
func readProgress(r io.Reader) (p *Progress, size int64, err error) {
	p = &Progress{payments: make(map[tx.ID]*payment), byHash: make(map[tx.Hash]*payment)}
	lines := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return p, size, nil
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, 0, fmt.Errorf("line %d: longer than %d bytes", n, maxLine)
		case err != nil:
			return nil, 0, withoutPath(err)
		}
		if err := p.read(bytes.TrimSpace(line)); err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", n, err)
		}
		size += int64(len(line))
	}
}

func decodeLine(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil || d.More() {
		return errors.New("not a line of a progress file")
	}
	return nil
}

func (p *Progress) read(line []byte) error {
	if p.header == nil {
		var h progressHeader
		if err := decodeLine(line, &h); err != nil {
			return err
		}
		if h.Version != 1 || h.NetworkID == "" || h.From.Kind != tx.AccountID {
			return errors.New("not the first line of a progress file of this version")
		}
		p.header = &h
		return nil
	}
	var l progressLine
	if err := decodeLine(line, &l); err != nil {
		return err
	}
	switch {
	case l.Signed != "" && l.Confirmed == "" && l.Void == "":
		s, err := tx.ParseSigned(l.Signed)
		if err != nil {
			return err
		}
		return p.takeSigned(s)
	case l.Confirmed != "" && l.Signed == "" && l.Void == "":
		return p.takeEnd(l.Confirmed, (*Progress).takeConfirmed)
	case l.Void != "" && l.Signed == "" && l.Confirmed == "":
		return p.takeEnd(l.Void, (*Progress).takeVoid)
	}
	return errors.New("not a line of a progress file")
}

// takeSigned notes a transaction of a new payment, or another one of a payment
// that is open.
func (p *Progress) takeSigned(s *tx.SignedTx) error {
	pay, nonce, err := p.paymentOf(s)
	if err != nil {
		return err
	}
	p.addSigned(pay, nonce, s)
	return nil
}

// paymentOf returns the payment for which a transaction may be noted.
func (p *Progress) paymentOf(s *tx.SignedTx) (_ *payment, nonce uint64, err error) {
	t, err := s.Decode()
	if err != nil {
		return nil, 0, err
	}
	spend, ok := t.(*tx.Spend)
	switch {
	case !ok:
		return nil, 0, fmt.Errorf("a %s; expected a spend_tx", t.Type())
	case spend.SenderID != p.header.From:
		return nil, 0, fmt.Errorf("the sender is %s", spend.SenderID)
	case len(s.Signatures) != 1 || !tx.Verify(spend.SenderID, p.header.NetworkID, s.Tx, s.Signatures[0]):
		return nil, 0, errors.New("the signature is not the sender's")
	}
	pay := p.payments[spend.RecipientID]
	switch {
	case pay == nil:
		pay = &payment{to: spend.RecipientID, amount: spend.Amount}
	case pay.confirmed:
		return nil, 0, fmt.Errorf("%s is paid already", pay.to)
	case pay.amount.Cmp(spend.Amount) != 0:
		return nil, 0, fmt.Errorf("%s gets %s and %s", pay.to, pay.amount, spend.Amount)
	case len(pay.signed) > 0 && pay.nonce != spend.Nonce:
		return nil, 0, fmt.Errorf("%s is paid with the nonces %d and %d", pay.to, pay.nonce, spend.Nonce)
	}
	return pay, spend.Nonce, nil
}

func (p *Progress) addSigned(pay *payment, nonce uint64, s *tx.SignedTx) {
	if p.payments[pay.to] == nil {
		p.payments[pay.to] = pay
		p.order = append(p.order, pay)
	}
	pay.nonce = nonce
	pay.signed = append(pay.signed, s)
	p.byHash[s.Hash()] = pay
}

func (p *Progress) takeEnd(text string, take func(*Progress, tx.Hash, *payment)) error {
	h, err := tx.ParseHash(tx.PrefixTxHash, text)
	if err != nil {
		return err
	}
	pay := p.byHash[h]
	if pay == nil || pay.confirmed || !slices.ContainsFunc(pay.signed, func(s *tx.SignedTx) bool { return s.Hash() == h }) {
		return fmt.Errorf("%s is no open transaction", text)
	}
	take(p, h, pay)
	return nil
}

func (p *Progress) takeConfirmed(h tx.Hash, pay *payment) {
	pay.confirmed = true
	p.last = &h
}

// takeVoid ends all transactions of the payment's nonce.
func (p *Progress) takeVoid(_ tx.Hash, pay *payment) { pay.signed = nil }
