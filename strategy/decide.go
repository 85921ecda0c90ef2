package strategy

import (
	"math/big"
	"slices"

	"chanbot/outcome"
)

// Decide returns what a role does about a signing request: the moves of the
// first layer that has an answer for it, else accept. Layers are given in the
// order step, mix entry, phase, role. Choices are drawn from draw; a nil draw
// takes the first choice. The result is never empty.
func Decide(layers []Layer, req Request, draw *Stream) []Move {
	for _, l := range layers {
		nth := req.Nth
		if l.Step {
			nth = req.StepNth
		}
		for _, a := range l.Answers.find(req.Role, req.Tag) {
			if moves, ok := a.moves(nil, req, nth, draw); ok {
				return moves
			}
		}
	}
	return []Move{{Kind: MoveAccept}}
}

// find returns the answers of a layer for a request, the most exact one first.
func (a Answers) find(r outcome.Role, tag string) []*Answer {
	found := make([]*Answer, 0, 2)
	if r != outcome.NoRole {
		if x := a.ByRole[r.Index()][tag]; x != nil {
			found = append(found, x)
		}
	}
	if x := a.ByTag[tag]; x != nil {
		found = append(found, x)
	}
	return found
}

var simpleMoves = map[AnswerKind]MoveKind{
	AnswerAccept:     MoveAccept,
	AnswerAbort:      MoveAbort,
	AnswerIgnore:     MoveIgnore,
	AnswerTamper:     MoveTamper,
	AnswerPropose:    MovePropose,
	AnswerStop:       MoveStop,
	AnswerDisconnect: MoveDisconnect,
	AnswerReconnect:  MoveReconnect,
	AnswerParams:     MoveParams,
	AnswerHold:       MoveHold,
}

// moves appends the moves of a to dst; ok is false when a condition does not
// hold and the next layer has to answer.
func (a *Answer) moves(dst []Move, req Request, nth int, draw *Stream) (_ []Move, ok bool) {
	if !a.When.holds(req, nth) {
		return dst, false
	}
	switch a.Kind {
	case AnswerDelay:
		return a.Then.moves(append(dst, Move{Pos: a.Pos, Kind: MoveWait, For: a.For}), req, nth, draw)
	case AnswerList:
		start := len(dst)
		for _, item := range a.Items {
			if more, ok := item.moves(dst, req, nth, draw); ok {
				dst = more
			}
		}
		return dst, len(dst) > start
	case AnswerCases:
		for _, item := range a.Items {
			if more, ok := item.moves(dst, req, nth, draw); ok {
				return more, true
			}
		}
		return dst, false
	case AnswerPick:
		weights := make([]uint64, len(a.Choices))
		for i, c := range a.Choices {
			weights[i] = c.Weight
		}
		i := draw.Pick(weights)
		if i < 0 {
			return dst, false
		}
		return a.Choices[i].Do.moves(dst, req, nth, draw)
	}
	return append(dst, Move{
		Pos: a.Pos, Kind: simpleMoves[a.Kind], Code: a.Code, Params: a.Params,
		Tamper: a.Tamper, Propose: a.Propose, Cut: a.Cut, Expect: a.Expect,
	}), true
}

func (w *When) holds(req Request, nth int) bool {
	if w == nil {
		return true
	}
	return w.Round.has(new(big.Int).SetUint64(req.Round)) &&
		w.Nth.has(big.NewInt(int64(nth))) &&
		w.Amount.has(req.Amount) &&
		(len(w.Ops) == 0 || slices.Contains(w.Ops, req.Op))
}

// has says whether x is in the span. A nil span has everything, a nil x is in
// no other.
func (s *Span) has(x *big.Int) bool {
	if s == nil {
		return true
	}
	return x != nil && slices.ContainsFunc(s.Ranges, func(r Range) bool {
		in := (r.Min == nil || x.Cmp(r.Min) >= 0) && (r.Max == nil || x.Cmp(r.Max) <= 0)
		return in != r.Not
	})
}

// Layers returns the layers of a role in their order: step, mix entry, phase,
// role. Each of step, mix and phase may be nil.
func (s *Scenario) Layers(r outcome.Role, step, mix *Step, phase *Phase) []Layer {
	var layers []Layer
	add := func(a Answers, inStep bool) {
		if !a.Empty() {
			layers = append(layers, Layer{Answers: a, Step: inStep})
		}
	}
	if step != nil {
		add(step.Sign, true)
	}
	if mix != nil {
		add(mix.Sign, true)
	}
	standing := func(st *Standing) {
		add(st.Sign, false)
		if st.Strategy != nil {
			add(st.Strategy.Sign, false)
		}
	}
	if phase != nil {
		standing(phase.Standing(r))
		add(phase.Sign, false)
	}
	standing(s.Standing(r))
	return layers
}
