package session

import (
	"fmt"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// importStep is one step of the scenario: what a client does, and the frames
// that every socket gets until the next client does something.
type importStep struct {
	entry    int
	link     *link // nil for a step of nobody
	subject  string
	action   any // what stands behind the subject
	id       any // nil leaves the language's default
	raw      bool
	sign     mapping
	connects bool
	sends    bool    // a frame, or a connection
	reply    *reply  // the answer that it gives
	replyID  string  // the id of its request
	effect   string  // the first frame that its request leads to, if that is known
	values   mapping // the balances that it returns
	within   bool    // it asks for something within the channel
	pinned   bool    // it names a block
	settled  bool    // one of the two has come
	outcome  any
	loose    bool // no frames are expected
	frames   map[string][]string
	sockets  []string // those of frames, in their order
	comments []string
	begin    time.Duration
	end      time.Duration // when the last of its frames came
}

func labelOf(r outcome.Role, number int) string {
	if number == 1 {
		return r.String()
	}
	return fmt.Sprintf("%s.%d", r, number)
}

// run makes the steps.
func (im *importer) run() {
	var comments []string
	var before time.Duration
	for i := range im.entries {
		e, k := im.entries[i], im.links[i]
		switch e.Dir {
		case results.DirNote:
			text := string(e.Text())
			if len(text) < 100 {
				comments = append(comments, text)
			}
			if m := blocksPass.FindStringSubmatch(text); m != nil && len(m[1]) < 4 && m[1][0] != '0' {
				im.steps = append(im.steps, &importStep{
					entry: i, subject: "wait", action: mapping{{"blocks", rawScalar(m[1])}}, loose: true, frames: map[string][]string{}, comments: comments,
				})
				comments = nil
			}
			continue
		case results.DirHTTP:
			im.note(i, "an answer of the node's HTTP API; a scenario sends no such requests")
			continue
		case results.DirPing:
			if k != nil && im.silent {
				im.rest(i, k, e.T-before)
				before = e.T
				im.step(i, k, mapping{{"send", mapping{{"bytes", emptyPing}}}})
			} else {
				im.note(i, ownPings)
			}
			continue
		case results.DirIn, results.DirOut, results.DirConnect, results.DirClose:
		default:
			continue
		}
		if k == nil {
			im.note(i, "nothing tells which socket of %s this belongs to", e.Side)
			continue
		}
		if k.number > mostSockets {
			if e.Dir == results.DirConnect {
				im.note(i, "more than %d sockets of one role at the same time; the session of this one is left out", mostSockets)
			}
			continue
		}
		if e.Dir == results.DirOut || e.Dir == results.DirConnect {
			if im.lost(i, k) {
				im.left[i] = true
				continue
			}
			im.meanwhile(i, k, e.T-before)
		}
		before = e.T
		steps := len(im.steps)
		im.entry(i, e, k)
		if len(im.steps) > steps {
			im.steps[steps].comments = append(comments, im.steps[steps].comments...)
			comments = nil
		}
	}
}

// mostSockets is how many sockets of a role a scenario can name.
const mostSockets = 64

// step adds the step of a client.
func (im *importer) step(i int, k *link, action any) *importStep {
	s := &importStep{entry: i, link: k, subject: k.label, action: action, frames: map[string][]string{}, begin: im.entries[i].T}
	s.end, s.sends = s.begin, true
	im.steps = append(im.steps, s)
	s.expect(k.label)
	return s
}

// expect adds frames that a socket gets.
func (s *importStep) expect(label string, names ...string) {
	if _, ok := s.frames[label]; !ok {
		s.sockets = append(s.sockets, label)
	}
	s.frames[label] = append(s.frames[label], names...)
}

// entry takes the next entry of a socket.
func (im *importer) entry(i int, e Entry, k *link) {
	switch e.Dir {
	case results.DirConnect:
		im.connect(i, k)
	case results.DirOut:
		im.out(i, e, k)
	case results.DirClose:
		if ownClose(im.entries, i) {
			im.step(i, k, mapping{{"disconnect", "close"}}).sends = false
			im.alive[k.label], k.dropped = false, true
			return
		}
		c, _ := e.Close()
		name := fmt.Sprintf("close %d", c.Code)
		if im.uncoded {
			name = "close"
		}
		im.frame(i, e, k, name)
	case results.DirIn:
		im.in(i, e, k)
	}
}

// connect adds the step that opens a socket.
func (im *importer) connect(i int, k *link) {
	for _, o := range im.all.all {
		own := k.role.Index()
		if o.role == k.role && o.open(i) && !k.joins && !o.joins && o.parties[own] != k.parties[own] && max(o.number, k.number) > im.pairs {
			im.note(i, "another account of the %s, which was never offered a channel; it uses the one of %s", k.role, labelOf(k.role, 1))
			break
		}
	}
	im.comes(k)
	params := im.params(k)
	if k.joins {
		if im.stopped != nil && im.stopped.dead {
			im.stopped = nil // the channel goes on
		}
		if !im.hasty(i, k) {
			im.rest(i, k, absence)
		}
		var action any = "reconnect"
		if len(params) > 0 {
			action = mapping{{"reconnect", mapping{{"params", params}}}}
		}
		im.step(i, k, action).connects = true
	} else {
		im.stopped, im.closing = nil, false
		for _, o := range im.offers {
			o.past = o.past || o.link.label == k.label
		}
		m := mapping{{"until", "fsm_up"}}
		if len(params) > 0 {
			m = append(m, member{"params", params})
		}
		im.step(i, k, mapping{{"open", m}}).connects = true
	}
}
