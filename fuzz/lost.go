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
	looking, stop := context.WithTimeout(ctx, aliveTime)
	defer stop()
	err := place.Alive(looking)
	if err == nil || ctx.Err() != nil {
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

// revive puts a fresh node in the place of one that was lost. Without one the
// search ends.
func (s *search) revive(ctx context.Context, lost *Place, b *breach) {
	s.mu.Lock()
	if s.place != lost || s.reviving {
		s.mu.Unlock()
		return // somebody else does
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
	for _, text := range slices.Backward(s.recent) {
		all = append(all, text)
	}
	return all
}
