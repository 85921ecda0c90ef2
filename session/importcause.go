package session

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"chanbot/results"
	"chanbot/wire"
)

// answersTo finds out which frames the node sent in answer to which of its
// client's: by the id, by the request that an error repeats, and by what a
// request is known to lead to. It returns, for each entry, the entry of a client
// that it answers, or -1.
func answersTo(entries []Entry, of []*link) []int {
	to := make([]int, len(entries))
	open := make(map[*link][]*question)
	for i, e := range entries {
		to[i] = -1
		k := of[i]
		if k == nil {
			continue
		}
		switch e.Dir {
		case results.DirOut:
			if q := ask(i, e); q != nil {
				open[k] = slices.DeleteFunc(open[k], func(before *question) bool { return q.wants() && before.settle(to) })
				open[k] = append(open[k], q)
			}
		case results.DirConnect:
			delete(open, k)
		case results.DirIn:
			f := wire.DecodeFrame(bytes.Clone(e.Frame))
			if f.Sign != nil {
				open[k] = withoutConflicted(open[k], to)
			}
			at := slices.IndexFunc(open[k], func(q *question) bool { return q.takes(&f) })
			if at < 0 {
				if f.Conflict != nil {
					conflicted(open[k], i)
				}
				continue
			}
			q := open[k][at]
			to[i] = q.at
			if q.done {
				open[k] = slices.Delete(open[k], at, at+1)
			}
		}
	}
	for _, list := range open {
		for _, q := range list {
			q.settle(to)
		}
	}
	return to
}

// conflicted notes a conflict for the first request for a new state that the
// node has said nothing to: the conflict is its answer if nothing else follows.
func conflicted(open []*question, at int) {
	for _, q := range open {
		if q.wants() && q.conflict == 0 {
			q.conflict = at
			return
		}
	}
}

// withoutConflicted settles the first request for a new state, when another one is
// open: they are taken up one after the other, so the conflict was the answer to
// the first one.
func withoutConflicted(open []*question, to []int) []*question {
	first := slices.IndexFunc(open, (*question).wants)
	if first < 0 || !slices.ContainsFunc(open[first+1:], (*question).wants) || !open[first].settle(to) {
		return open
	}
	return slices.Delete(open, first, first+1)
}

// wants says whether the question asks for a new state.
func (q *question) wants() bool { return strings.HasPrefix(q.effect, "sign.") }

// settle makes the conflict that was noted the answer, and is false when there
// is none.
func (q *question) settle(to []int) bool {
	if q.conflict > 0 {
		to[q.conflict] = q.at
	}
	return q.conflict > 0
}

// question is a client's frame that the node has not answered in full.
type question struct {
	at     int
	id     json.RawMessage
	frame  []byte // compact
	method string
	effect string // the name of the frame that it leads to when it is taken
	told   bool   // the answer with its id has come
	done   bool
	// conflict is the entry of the first conflict since, 0 for none.
	conflict int
}

// ask returns the question that a client's frame is, nil for none.
func ask(at int, e Entry) *question {
	f, ok := envelopeOf(e)
	if !ok || f.Method == "" {
		return nil
	}
	q := &question{at: at, id: f.ID, frame: canonical(e.Frame), method: f.Method, effect: importRequests[f.Method].effect}
	if string(q.id) == "null" {
		q.id = nil
	}
	if signedOf(e.Frame) == "" && bytes.Contains(f.Params, []byte(`"error"`)) {
		q.effect = "info aborted_update"
	} else if signedOf(e.Frame) != "" {
		q.effect = ""
	}
	return q
}

// takes says whether a frame answers the question.
func (q *question) takes(f *wire.Frame) bool {
	byID := q.id != nil && !q.told && bytes.Equal(f.ID, q.id)
	switch f.Kind {
	case wire.KindResult:
		if byID {
			q.told, q.done = true, q.effect == ""
		}
		return byID
	case wire.KindError:
		q.done = byID || f.Error != nil && len(f.Error.Request) > 2 && bytes.Equal(canonical(f.Error.Request), q.frame)
		return q.done
	}
	if q.effect == "" || f.Name() != q.effect {
		return false
	}
	q.done = true
	return true
}

// canonical writes JSON with sorted keys; anything else stays as it is.
func canonical(raw []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return raw
	}
	return []byte(encode(v))
}
