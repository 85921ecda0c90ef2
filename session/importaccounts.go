package session

import (
	"bytes"
	"slices"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// accounts are the accounts of a session by what they are.
type accounts struct {
	of map[string]outcome.Role // those that took part, by their text
	// ids are the same, as they sign.
	ids [2][]tx.ID
	// known are those that the node had, whether they took part or not.
	known map[string]bool
}

// accountsOf finds the accounts that took part: those that a client called its
// own on a connection that came up, and those of the channels that were created.
// Where only one side is there, what it calls its peer takes part as well.
func accountsOf(entries []Entry, of []*link) accounts {
	a := accounts{of: make(map[string]outcome.Role), known: make(map[string]bool)}
	for i, e := range entries {
		if e.Dir != results.DirIn || of[i] == nil {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		k := of[i]
		switch {
		case f.Info != nil && f.Info.Event == wire.EventFSMUp:
			a.add(k.parties[k.role.Index()], k.role)
			for _, party := range k.parties {
				a.known[party] = true
			}
		case f.Sign != nil:
			if c := createOf(f.Sign.SignedTx); c != nil {
				a.add(c.InitiatorID.String(), outcome.Initiator)
				a.add(c.ResponderID.String(), outcome.Responder)
			}
		}
	}
	for _, up := range []bool{true, false} { // nobody of that role came up
		for _, r := range outcome.Roles {
			for _, k := range of {
				if len(a.ids[r.Index()]) == 0 && k != nil && (k.seen[wire.EventFSMUp] || !up) {
					a.add(k.parties[r.Index()], r)
				}
			}
		}
	}
	return a
}

// createOf returns the create transaction in a signed one, or nil.
func createOf(text string) *tx.Create {
	s, err := tx.ParseSigned(text)
	if err != nil {
		return nil
	}
	t, err := s.Decode()
	if err != nil {
		return nil
	}
	c, _ := t.(*tx.Create)
	return c
}

// add notes an account that takes part.
func (a *accounts) add(text string, r outcome.Role) {
	id, err := tx.ParseID(text)
	if err != nil || id.Kind != tx.AccountID {
		return
	}
	if _, known := a.of[text]; !known {
		a.of[text] = r
		a.ids[r.Index()] = append(a.ids[r.Index()], id)
	}
}

// all returns the accounts that took part, at most mostParties of a role.
func (a *accounts) all() []tx.ID {
	return slices.Concat(a.ids[0][:min(len(a.ids[0]), mostParties)], a.ids[1][:min(len(a.ids[1]), mostParties)])
}

// word returns the word of the language for an account: initiator, responder,
// outsider for another one that the node had, other for one that it did not
// have, and "" for what is no address.
func (a *accounts) word(text string) string {
	if r, ok := a.of[text]; ok {
		return r.String()
	}
	id, err := tx.ParseID(text)
	switch {
	case err != nil || id.Kind != tx.AccountID:
		return ""
	case a.known[text]:
		return "outsider"
	}
	return "other"
}
