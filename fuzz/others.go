package fuzz

import (
	"cmp"
	"maps"
	"slices"
)

// Others are the cases that broke one rule and did not become findings of their
// own.
type Others struct {
	Rule  string `json:"rule"`
	Cases int64  `json:"cases"`
	// Alike are those that broke it in the state and with the request of a
	// finding that was seen again.
	Alike int64 `json:"alike"`
	// Vanished are those that did not do so when they were played again, or of
	// which others with the same state and request did not.
	Vanished int64 `json:"vanished"`
	// Unchecked are those that nobody had the time to play again.
	Unchecked int64 `json:"unchecked"`
}

// otherKey is a rule and the key of the breach.
type otherKey struct{ rule, key string }

// repeat counts what broke a rule and becomes no finding of its own.
func (s *search) repeat(rule, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repeatLocked(rule, key)
}

func (s *search) repeatLocked(rule, key string) { s.others[otherKey{rule, key}]++ }

// othersLocked adds up, by rule; those with most cases come first.
func (s *search) othersLocked() (all []Others, sum int64) {
	rules := make(map[string]*Others)
	for k, n := range s.others {
		o := rules[k.rule]
		if o == nil {
			o = &Others{Rule: k.rule}
			rules[k.rule] = o
		}
		o.Cases += n
		sum += n
		switch {
		case s.shown[k.key]:
			o.Alike += n
		case s.missed[k.key] > 0:
			o.Vanished += n
		default:
			o.Unchecked += n
		}
	}
	all = []Others{}
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		all = append(all, *rules[rule])
	}
	slices.SortStableFunc(all, func(a, b Others) int { return cmp.Compare(b.Cases, a.Cases) })
	return all, sum
}

// Unplayed is how many cases could not be played for one reason.
type Unplayed struct {
	Why   string `json:"why"`
	Cases int    `json:"cases"`
}

// unplayedLocked lists why cases could not be played, the most frequent first.
func (s *search) unplayedLocked() (all []Unplayed) {
	all = []Unplayed{}
	for _, why := range slices.Sorted(maps.Keys(s.idle)) {
		all = append(all, Unplayed{why, s.idle[why]})
	}
	slices.SortStableFunc(all, func(a, b Unplayed) int { return cmp.Compare(b.Cases, a.Cases) })
	return all
}

// manyRefusals is how many channels a node refuses at the end of a search for it
// to count as one that refuses all.
const manyRefusals = 10

// Hollow says that more cases could not be played than could, or that the node
// took no channel any more in the end. Finding nothing says nothing about it then.
func (r *Report) Hollow() bool {
	n := 0
	for _, u := range r.Unplayed {
		n += u.Cases
	}
	return n > r.Cases || r.Refused != nil
}

// Refusals is how many channels could not be tried at the end of a search, one
// after the other, and how the last one was refused.
type Refusals struct {
	Channels int    `json:"channels"`
	Why      string `json:"why"`
}
