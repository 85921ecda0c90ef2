package fuzz

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"chanbot/model"
)

// tell reports the progress until told is closed.
func (s *search) tell(told <-chan struct{}) {
	if s.cfg.Progress == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-told:
			return
		case <-tick.C:
			s.cfg.Progress(s.progress())
		}
	}
}

func (s *search) progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Progress{
		Elapsed: time.Since(s.started), Cases: s.cases, Actions: s.actions, Findings: len(s.findings),
		Checking: s.checking, Cells: len(model.Cells()),
	}
	for _, c := range model.Cells() {
		if s.cells[c] != nil {
			p.Covered++
		}
	}
	p.ActionsPerS = float64(p.Actions) / max(s.searchedLocked().Seconds(), 1e-3)
	return p
}

// searchedLocked is how long cases were played.
func (s *search) searchedLocked() time.Duration {
	if s.open {
		return time.Since(s.started)
	}
	return max(s.closed, s.last)
}

func (s *search) report(ctx context.Context) (*Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.later {
		s.idle[cmp.Or(s.noRoom[c.Number], "the machine was too busy for it")]++
	}
	others, repeated := s.othersLocked()
	r := &Report{
		Seed: s.cfg.Seed, Findings: s.findings, Repeated: repeated, Others: others, Unplayed: s.unplayedLocked(), Coverage: s.cells.coverage(), Cases: s.cases,
		Actions: s.actions, Took: time.Since(s.started), Searched: s.searchedLocked(), Operations: s.outcomes, Ended: s.ended, Interrupted: ctx.Err() != nil,
	}
	if s.inARow >= manyRefusals {
		r.Refused = &Refusals{Channels: s.inARow, Why: s.refused}
	}
	if s.room.Machines > 0 {
		r.Room = new(s.room)
		r.Room.Cases = s.pace.allowed()
	}
	hash := sha256.New()
	for n := s.cfg.First; n < s.next; n++ {
		d := s.digests[n]
		hash.Write(d[:])
	}
	r.Decisions = hex.EncodeToString(hash.Sum(nil))
	if s.cases == 0 && len(s.findings) == 0 && s.firstMiss != nil {
		return r, fmt.Errorf("%w: %w", ErrNothing, s.missLocked())
	}
	return r, nil
}

// missLocked is why no case could be played. What some are for says less about it
// than what became of the others.
func (s *search) missLocked() error {
	if s.refused != "" && ofAnother.MatchString(s.firstMiss.Error()) {
		return errors.New(s.refused)
	}
	return s.firstMiss
}
