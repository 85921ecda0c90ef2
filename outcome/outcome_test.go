package outcome

import "testing"

func TestNamesReadBack(t *testing.T) {
	for _, k := range Kinds() {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("ParseKind(%q) = %v, %v", k, got, err)
		}
	}
	for p := ByInitiator; p <= ByBot; p++ {
		if got, err := ParseParty(p.String()); err != nil || got != p {
			t.Errorf("ParseParty(%q) = %v, %v", p, got, err)
		}
	}
	for _, r := range Roles {
		if got, err := ParseRole(r.String()); err != nil || got != r {
			t.Errorf("ParseRole(%q) = %v, %v", r, got, err)
		}
		if r.Peer().Peer() != r || ByRole(r).String() != r.String() {
			t.Errorf("%v: peer %v, party %v", r, r.Peer(), ByRole(r))
		}
	}
	for c := Response; c <= Waiting; c++ {
		if got, err := ParseClock(c.String()); err != nil || got != c {
			t.Errorf("ParseClock(%q) = %v, %v", c, got, err)
		}
	}
	if _, err := ParseKind("pending"); err == nil {
		t.Error("pending is not the kind of an ended operation")
	}
}

func TestOutcomeReadsLikeItsExpectation(t *testing.T) {
	for want, o := range map[string]Outcome{
		"signed":                    {Kind: Signed, Round: 2},
		"aborted 42":                {Kind: Aborted, Code: 42},
		"conflict 2 by node":        {Kind: Conflict, Code: 2, By: ByNode},
		"rejected -32601":           {Kind: Rejected, Code: -32601},
		"timeout by chanbot (open)": {Kind: Timeout, By: ByBot, Detail: "open"},
	} {
		if got := o.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
