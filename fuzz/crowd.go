package fuzz

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// drainTime is how long the cases that are being played may take to end before
	// it is looked whether a node has room.
	drainTime = 30 * time.Second
	// roomPause is the time between two looks, roomTries how many of them a node
	// has for freeing the places of machines that have ended.
	roomPause = 500 * time.Millisecond
	roomTries = 4
	// noRoomFor is after how long without room a search ends, and leftFor the same
	// if machines that cases have left behind can be the reason: one that nobody
	// uses ends after ten minutes (fsm 4, timeout_idle).
	noRoomFor = time.Minute
	leftFor   = 11 * time.Minute
	// mostRounds is how many channels one after the other are tried.
	mostRounds = 600
	// mostForRoom is how often a case is played again that there was no room for.
	mostForRoom = 20
)

// Room is how much room a node had that had too little.
type Room struct {
	// Machines is how many state machines were seen to run at once.
	Machines int `json:"machines"`
	// Cases is how many cases were played beside each other in the end.
	Cases int `json:"cases"`
	// Replaced is how often another node was started, because one had no room
	// left.
	Replaced int `json:"replaced"`
}

// crowded sees to a case that the node had no room for. It returns false for one
// that is judged like every other.
func (s *search) crowded(ctx context.Context, c Case, p *played, place *Place, suspects chan<- suspect) bool {
	_, peak, _ := place.machines.count()
	if peak < 2 && s.cfg.Fresh != nil {
		return false // it has never had room for one
	}
	s.mu.Lock()
	mine := !s.looking && s.place == place
	s.looking = s.looking || mine
	s.mu.Unlock()
	if mine {
		s.seekRoom(ctx, c, p, place, suspects)
		s.mu.Lock()
		s.looking = false
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if (s.open || s.ended == "" && s.cfg.Duration == 0) && s.again[c.Number] < mostForRoom {
		s.again[c.Number]++
		s.later = append(s.later, c)
		s.noRoom[c.Number] = "the node refuses a state machine with " + p.full.got
		return true
	}
	p.breach = nil
	s.countLocked(c, p)
	return true
}

// seekRoom lets all cases end and looks whether the node takes a state machine
// then. If it does, it takes only so many at once, and fewer cases are played
// beside each other from then on. If it does not, and hardly any machine of ours
// can be alive, the places of those that have ended are not free.
func (s *search) seekRoom(ctx context.Context, c Case, p *played, place *Place, suspects chan<- suspect) {
	if !s.pace.hold(drainTime) {
		return
	}
	defer s.pace.release()
	since := time.Now()
	for try := 1; ; try++ {
		no := s.tryRoom(ctx, place)
		if ctx.Err() != nil {
			return
		}
		if no == nil {
			s.lessAtOnce(place, try == 1)
			return
		}
		if try >= roomTries {
			if try == roomTries && no.beside != nil {
				s.mu.Lock()
				_, _, started := place.machines.count()
				s.suspectLocked(Case{Number: c.Number, Text: rounds("both: stop", min(started/2+1, mostRounds)), Actions: 2}, no.beside, nil, suspects)
				s.mu.Unlock()
			}
			if s.replace(ctx, place) {
				return
			}
		}
		s.mu.Lock()
		if s.cfg.Duration > 0 && !s.open {
			s.mu.Unlock()
			return
		}
		limit := noRoomFor
		if left, _, _ := place.machines.count(); left > 0 && no.beside == nil {
			limit = leftFor
		}
		if time.Since(since) > limit {
			s.closeLocked(fmt.Sprintf("the node has had no room for a channel for %v: %s", limit, no.got))
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		select {
		case <-time.After(roomPause):
		case <-ctx.Done():
			return
		}
	}
}

// tryRoom opens a channel and ends it. It returns how it was refused, nil when
// there was room.
func (s *search) tryRoom(ctx context.Context, place *Place) *refusal {
	sc, err := parse(rounds("both: stop", 1))
	if err != nil {
		return nil // a bug of ours
	}
	st := s.stage(place)
	p := st.play(ctx, sc, s.plays.next())
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.full != nil {
		s.refusedLocked(p.full.got)
	} else if p.idle == "" {
		s.inARow = 0
	}
	return p.full
}

// lessAtOnce bounds how many cases are played beside each other by how many
// machines a node took. Those that cases have left behind may still have their
// places; atOnce says that room came with the end of the cases alone.
func (s *search) lessAtOnce(place *Place, atOnce bool) {
	left, peak, _ := place.machines.count()
	most := max(peak/2-1-(left+1)/2, 1)
	if !atOnce {
		most = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room.Machines = max(s.room.Machines, peak)
	s.pace.bound(most)
}

// replace puts a fresh node in the place of one without room. It returns false
// when there can be none.
func (s *search) replace(ctx context.Context, full *Place) bool {
	if s.cfg.Fresh == nil {
		return false
	}
	place, err := s.cfg.Fresh(ctx)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.place != full || s.reviving {
		place.close()
		return true // another one came meanwhile
	}
	_, peak, _ := full.machines.count()
	s.room.Machines = max(s.room.Machines, peak)
	s.pace.bound(s.cfg.Pairs)
	s.room.Replaced++
	s.place = place
	s.own = append(s.own, place)
	return true
}

// rounds is a scenario of some channels one after the other, each of which ends
// with a step.
func rounds(end string, times int) []byte {
	return fmt.Appendf(nil, `chanbot: 1
name: rounds
steps:
  - repeat:
      times: %d
      steps:
        - open:
          expect: signed
        - %s
          expect: [done, died, disconnected]
`, times, end)
}

// ways are how the channels of rounds can end.
var ways = []string{"both: stop", "initiator: close", "initiator: leave", "both: {disconnect: close}"}

var timesOf = regexp.MustCompile(`times: \d+`)

// timesIn returns how many rounds a scenario has.
func timesIn(text []byte) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(string(timesOf.Find(text)), "times: ")) // always one of ours
	return n
}

// fewestRounds plays rounds at a node of their own and returns as many as it
// takes to break the rule, or the same when they do not.
func (l *lab) fewestRounds(ctx context.Context, text []byte) []byte {
	if !l.fresh {
		return text // the node has no room from the beginning on
	}
	l.renew(ctx)
	p := l.play(ctx, text)
	if p.breach == nil || p.breach.Rule != RuleRoom || p.full == nil {
		return text
	}
	return timesOf.ReplaceAll(text, fmt.Appendf(nil, "times: %d", p.full.tried))
}
