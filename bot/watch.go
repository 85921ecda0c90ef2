package bot

import (
	"encoding/json"
	"strconv"

	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/wire"
)

// watch is one answer to a signing request whose effect the scenario expects,
// told to the side that gave it.
type watch struct {
	e      *end
	tag    string
	kind   strategy.MoveKind
	code   json.RawMessage // of an abort
	id     wire.ID         // nil when it was sent without one
	method string
	expect *strategy.Expect
	// started says that the answer started an operation, which then resolves
	// the watch.
	started bool

	told bool
	out  outcome.Outcome
}

func (w *watch) resolve(out outcome.Outcome) {
	if !w.told {
		w.told, w.out = true, out
	}
}

// frame is told every frame of the pair.
func (w *watch) frame(e *end, f *wire.Frame, _ string) {
	if w.told || e != w.e || w.started {
		return
	}
	if out := gone(e, f); out.Kind != outcome.Pending {
		w.resolve(out)
		return
	}
	switch {
	case f.Kind == wire.KindError && f.Error != nil:
		if w.refuses(f) {
			w.resolve(rejected(f.Error))
		}
	case f.Kind == wire.KindResult:
		if w.id != nil && string(f.ID) == string(w.id) && w.expects(outcome.Done) {
			w.resolve(outcome.Outcome{Kind: outcome.Done})
		}
	case w.kind == strategy.MoveAbort:
		// It is always answered, whatever else comes.
		if f.Info != nil && f.Info.Event == wire.EventAbortedUpdate {
			code, _ := strconv.Atoi(string(w.code))
			w.resolve(outcome.Outcome{Kind: outcome.Aborted, Code: code, By: outcome.ByRole(e.role)})
		}
	case f.Conflict != nil:
		out := outcome.Outcome{Kind: outcome.Conflict, Code: f.Conflict.Code, By: outcome.ByNode, Round: f.Conflict.Round}
		if f.Conflict.Code == wire.ConflictTimeout {
			out.Kind = outcome.Timeout
		}
		w.resolve(out)
	case f.Update != nil:
		w.resolve(outcome.Outcome{Kind: outcome.Signed, Round: e.client.Round()})
	}
}

// refuses says whether an error is about this answer. One without an id is told
// by the request that it echoes.
func (w *watch) refuses(f *wire.Frame) bool {
	if w.id != nil {
		return string(f.ID) == string(w.id)
	}
	if echoed(f) != w.method {
		return false
	}
	reqs, _, _ := wire.ParseRequests(f.Error.Request)
	return len(reqs) == 1 && string(reqs[0].Abort) == string(w.code)
}

// answered says whether f is the node's answer to it: whatever it leads to may
// still come.
func (w *watch) answered(f *wire.Frame) bool {
	switch {
	case f.Kind == wire.KindResult:
		return w.id != nil && string(f.ID) == string(w.id)
	case f.Kind == wire.KindError && f.Error != nil:
		return w.refuses(f)
	}
	return w.kind == strategy.MoveAbort && f.Info != nil && f.Info.Event == wire.EventAbortedUpdate
}

func (w *watch) expects(k outcome.Kind) bool {
	for _, want := range w.expect.Outcomes {
		if want.Kind == k {
			return true
		}
	}
	return false
}

// closed is told the end of every socket of the pair.
func (w *watch) closed(e *end, s *socket, how ending) {
	if e == w.e && !w.started {
		w.resolve(lostSocket(s, how, false))
	}
}
