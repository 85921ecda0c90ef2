package fuzz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"chanbot/model"
	"chanbot/outcome"
)

// aliveTime is how long a node may take to answer when nothing else is wanted.
const aliveTime = 10 * time.Second

// mayBeGone says of what broke a rule that the end of the node could be behind
// it.
func mayBeGone(place *Place, b *breach) bool {
	switch b.Cell.Input {
	case outcome.Disconnected.String(), outcome.Refused.String(), outcome.Timeout.String():
		return b.Rule == RuleExpectation
	}
	return b.Rule == model.RuleStuck && place.Alive != nil
}

// lostNode says of a rule that it is about a node that was lost.
func lostNode(rule string) bool { return rule == RuleNodeGone || rule == RuleNodeHung }

// gone says that a node of ours has ended.
func gone(p *Place) bool { return p.Gone != nil && p.Gone() != nil }

// lost looks whether the node has gone or hangs, and brings another one where
// it can. It returns nil when the node is well.
func (s *search) lost(ctx context.Context, place *Place, cause error) *breach {
	if place.Alive == nil {
		return nil
	}
	var err error
	if !gone(place) {
		looking, stop := context.WithTimeout(ctx, aliveTime)
		defer stop()
		if err = place.Alive(looking); err == nil || ctx.Err() != nil {
			return nil
		}
	}
	if s.cfg.Fresh == nil && !s.hasBeenReached() {
		s.close("there has been no connection to the node")
		return nil
	}
	b := &breach{Rule: RuleNodeGone, Cell: model.Cell{State: "node", Input: "gone"}}
	switch {
	case gone(place):
		b.Expected, b.Got = "a node that goes on", place.Gone().Error()
	case errors.Is(err, context.DeadlineExceeded):
		b.Rule, b.Cell.Input, b.Expected, b.Got = RuleNodeHung, "hung", fmt.Sprintf("an answer within %v", aliveTime), err.Error()
	case cause != nil:
		b.Expected, b.Got = "a node that takes connections", cause.Error()
	default:
		b.Expected, b.Got = "a node that takes connections", err.Error()
	}
	s.revive(ctx, place, b)
	return b
}

// hear notes that there was a connection.
func (s *search) hear(p *played) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = s.reached || p.heard
}

func (s *search) hasBeenReached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached
}

// revive puts a fresh node in the place of one that was lost. Without one the
// search ends.
func (s *search) revive(ctx context.Context, lost *Place, b *breach) {
	s.mu.Lock()
	if s.place != lost || s.reviving || s.cfg.Fresh != nil && !s.open {
		s.mu.Unlock()
		return // somebody else does, or nobody needs one any more
	}
	s.reviving = true
	s.mu.Unlock()
	var place *Place
	err := errors.New("it is not ours to start again")
	if s.cfg.Fresh != nil {
		place, err = s.cfg.Fresh(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reviving = false
	if err != nil {
		s.closeLocked(fmt.Sprintf("the node was lost (%s: %s) and %v", b.Rule, b.Got, err))
		return
	}
	s.place = place
	s.own = append(s.own, place)
}

// lastLook looks once more, when no case is played any more, whether the node was
// lost: cases that wait for one that hangs are broken off before they notice.
func (s *search) lastLook(ctx context.Context, suspects chan<- suspect) {
	s.mu.Lock()
	place := s.place
	var c Case
	if n := len(s.recent); n > 0 {
		c = s.recent[n-1]
	}
	for n, text := range s.inFlight { // the first of them has waited longest
		if c.Number == 0 || n < c.Number || s.inFlight[c.Number] == nil {
			c = Case{Number: n, Text: text}
		}
	}
	known := s.perRule[RuleNodeGone]+s.perRule[RuleNodeHung] > 0
	s.mu.Unlock()
	if known || c.Text == nil || ctx.Err() != nil {
		return
	}
	if b := s.lost(ctx, place, nil); b != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.suspectLocked(c, b, nil, suspects)
	}
}

// flying returns the cases that were under way when a node was lost, but for
// the one that told of it, and those that had ended shortly before.
func (s *search) flying(told int) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all [][]byte
	for _, n := range slices.Sorted(maps.Keys(s.inFlight)) {
		if n != told {
			all = append(all, s.inFlight[n])
		}
	}
	for _, c := range slices.Backward(s.recent) {
		if c.Number != told {
			all = append(all, c.Text)
		}
	}
	return all
}
