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
}

// accountsOf finds the accounts that took part: those of the connections that
// got so far that the node looked their accounts up.
func accountsOf(entries []Entry, of []*link) accounts {
	a := accounts{of: make(map[string]outcome.Role)}
	add := func(text string, r outcome.Role) {
		id, err := tx.ParseID(text)
		if err != nil || id.Kind != tx.AccountID {
			return
		}
		if _, known := a.of[text]; !known {
			a.of[text] = r
			a.ids[r.Index()] = append(a.ids[r.Index()], id)
		}
	}
	for i, e := range entries {
		if e.Dir != results.DirIn || of[i] == nil {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		switch {
		case f.Info != nil && f.Info.Event == wire.EventFSMUp:
			add(of[i].parties[0], outcome.Initiator)
			add(of[i].parties[1], outcome.Responder)
		case f.Sign != nil:
			if s, err := tx.ParseSigned(f.Sign.SignedTx); err == nil {
				if t, err := s.Decode(); err == nil {
					if c, ok := t.(*tx.Create); ok {
						add(c.InitiatorID.String(), outcome.Initiator)
						add(c.ResponderID.String(), outcome.Responder)
					}
				}
			}
		}
	}
	if len(a.of) == 0 { // nobody got that far
		for _, k := range of {
			if k != nil {
				add(k.parties[0], outcome.Initiator)
				add(k.parties[1], outcome.Responder)
			}
		}
	}
	return a
}

// known returns all accounts that took part, at most mostParties of a role.
func (a *accounts) known() []tx.ID {
	return slices.Concat(a.ids[0][:min(len(a.ids[0]), mostParties)], a.ids[1][:min(len(a.ids[1]), mostParties)])
}

// word returns the word of the language for an account: initiator, responder,
// other for one that does not take part, and "" for what is no address.
func (a *accounts) word(text string) string {
	if r, ok := a.of[text]; ok {
		return r.String()
	}
	if id, err := tx.ParseID(text); err == nil && id.Kind == tx.AccountID {
		return "other"
	}
	return ""
}
