package simnode

import (
	"bytes"
	"strconv"

	"chanbot/wire"
)

// onAnswer makes hooks that bend the answers to requests without a memory.
func onAnswer(answered func(s *session, r *wire.Request, a answer, frame []byte) [][]byte) func() hooks {
	return func() hooks { return hooks{node: nodeHooks{answered: answered}} }
}

// onRefusal makes hooks that refuse otherwise than the node does. With false
// the refusal stays as it is.
func onRefusal(otherwise func(a answer) (answer, bool)) func() hooks {
	return onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
		if a.code != 0 {
			if other, bent := otherwise(a); bent {
				return [][]byte{appendAnswer(nil, r, other, s.channelID())}
			}
		}
		return [][]byte{frame}
	})
}

// isRejected tells whether an answer is a refusal with this sub-code.
func (a *answer) isRejected(sub int) bool { return len(a.sub) == 1 && a.sub[0] == sub }

var answerDefects = []Defect{
	{
		Name: "insufficient-balance-called-negative-amount", Group: groupAnswers,
		Does:   "A transfer that its sender cannot pay is refused with 1002 instead of 1001.",
		Breaks: "A sender who would fall below channel_reserve is refused with 1001.", Source: "ws-api 4.2",
		Flows: []string{flowRefusal},
		bend: onRefusal(func(a answer) (answer, bool) {
			return rejected(wire.CodeNegativeAmount), a.isRejected(wire.CodeInsufficientBalance)
		}),
	},
	{
		Name: "refused-abort-called-not-ready", Group: groupAnswers,
		Does:   "An abort without anything to abort is refused with 108 instead of 1018.",
		Breaks: "An abort with nothing pending under its tag is refused with 1018.", Source: "fsm 5.5",
		Flows: []string{flowAbort},
		bend: onRefusal(func(a answer) (answer, bool) {
			return rejected(wire.CodeNotReady), a.isRejected(wire.CodeNotAllowed)
		}),
	},
	{
		Name: "refusal-with-top-code-2", Group: groupAnswers,
		Does:   "Refusals have the top code 2 instead of 3.",
		Breaks: "The top code is 2 with 1012 only.", Source: "ws-api 4.1",
		Flows: []string{flowRefusal},
		bend: onRefusal(func(a answer) (answer, bool) {
			a.code = wire.CodeActionNotAllowed
			return a, len(a.sub) > 0
		}),
	},
	{
		Name: "refusal-without-sub-code", Group: groupAnswers,
		Does:   "Refusals have the code 3 and no data that says why.",
		Breaks: "The code 3 comes with a sub-code.", Source: "ws-api 4.1",
		Flows: []string{flowRefusal},
		bend: onRefusal(func(a answer) (answer, bool) {
			return answer{code: wire.CodeRejected}, len(a.sub) > 0
		}),
	},
	{
		Name: "refusal-with-the-text-of-another-code", Group: groupAnswers,
		Does:   "The sub-code 1003 stands beside the text of 1001.",
		Breaks: "Each error code stands beside its own text.", Source: "ws-api 4.2",
		Flows: []string{flowRefusal}, When: "a transfer between other accounts than the two",
		bend: onAnswer(func(_ *session, _ *wire.Request, a answer, frame []byte) [][]byte {
			if a.isRejected(wire.CodeInvalidPubkeys) {
				frame = bytes.Replace(frame, []byte(wire.ErrorMessage(wire.CodeInvalidPubkeys)), []byte(wire.ErrorMessage(wire.CodeInsufficientBalance)), 1)
			}
			return [][]byte{frame}
		}),
	},
	{
		Name: "refusal-repeats-half-the-request", Group: groupAnswers,
		Does:   "The request that a refusal repeats lacks its params.",
		Breaks: "An error repeats the whole request as it came.", Source: "ws-api 3.2",
		Flows: []string{flowRefusal},
		bend: onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
			if a.code == 0 {
				return [][]byte{frame}
			}
			bare := *r
			bare.Raw = wire.AppendRequest(nil, r.ID, r.Method, nil)
			return [][]byte{appendAnswer(nil, &bare, a, s.channelID())}
		}),
	},
	{
		Name: "refusal-left-out", Group: groupAnswers,
		Does:   "A refused request with an id gets no answer.",
		Breaks: "Every request with an id gets exactly one answer.", Source: "ws-api 3.2",
		Flows: []string{flowRefusal},
		bend: onAnswer(func(_ *session, r *wire.Request, a answer, frame []byte) [][]byte {
			if a.code != 0 && r.ID != nil {
				return nil
			}
			return [][]byte{frame}
		}),
	},
	{
		Name: "balances-answered-twice", Group: groupAnswers,
		Does:   "get.balances is answered twice.",
		Breaks: "Every request with an id gets exactly one answer.", Source: "ws-api 3.2",
		Flows: []string{flowQuery},
		bend: onAnswer(func(_ *session, r *wire.Request, _ answer, frame []byte) [][]byte {
			if r.Method == wire.MethodGetBalances {
				return [][]byte{frame, frame}
			}
			return [][]byte{frame}
		}),
	},
	{
		Name: "answer-with-the-id-plus-one", Group: groupAnswers,
		Does:   "The answer to a request, unless that is a signature or an abort, has the id of the request + 1.",
		Breaks: "The id is echoed unchanged.", Source: "ws-api 3.1",
		Flows: []string{flowUpdate}, When: "a whole number for an id",
		bend: onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
			n, err := strconv.ParseInt(string(r.ID), 10, 62)
			if _, signs := answeredTag(r.Method); signs || err != nil || a.code != 0 {
				return [][]byte{frame}
			}
			next := *r
			next.ID = wire.IntID(n + 1)
			return [][]byte{appendAnswer(nil, &next, a, s.channelID())}
		}),
	},
	{
		Name: "large-ids-lose-digits", Group: groupAnswers,
		Does:   "An id beyond 2^53 comes back rounded.",
		Breaks: "The id is any JSON value, echoed unchanged.", Source: "ws-api 3.1",
		Flows: []string{flowFrames}, When: "an odd whole number beyond 2^53 for an id",
		bend: onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
			n, err := strconv.ParseInt(string(r.ID), 10, 64)
			if err != nil || n < 1<<53 && n > -1<<53 {
				return [][]byte{frame}
			}
			rounded := *r
			rounded.ID = strconv.AppendFloat(nil, float64(n), 'f', 0, 64)
			return [][]byte{appendAnswer(nil, &rounded, a, s.channelID())}
		}),
	},
	{
		Name: "answers-requests-without-id", Group: groupAnswers,
		Does:   "An action without an id is answered with \"ok\" and the id null.",
		Breaks: "An action without an id that works gets no answer.", Source: "ws-api 3.2",
		Flows: []string{flowUpdate},
		bend: onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
			if r.ID == nil && frame == nil && !a.silent {
				frame = wire.AppendOK(nil, nil, s.channelID())
			}
			return [][]byte{frame}
		}),
	},
	{
		Name: "effect-before-its-answer", Group: groupAnswers,
		Does:   "The answer to update.new comes after the request to sign that it causes.",
		Breaks: "The answer to a request comes before what the request causes.", Source: "ws-api 3.4",
		Flows: []string{flowUpdate}, When: "update.new with an id",
		bend: onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
			if r.Method == wire.MethodUpdateNew && a.code == 0 && frame != nil {
				s.push(frame, "")
				return nil
			}
			return [][]byte{frame}
		}),
	},
	{
		Name: "ok-as-an-object", Group: groupAnswers,
		Does:   "An action is answered with {\"ok\":true} instead of \"ok\".",
		Breaks: "The result of an action is the text \"ok\".", Source: "ws-api 3.2",
		Flows: []string{flowUpdate}, When: "an action with an id",
		bend: onAnswer(func(s *session, r *wire.Request, a answer, frame []byte) [][]byte {
			if frame != nil && a.code == 0 && a.result == nil {
				return [][]byte{wire.AppendResult(nil, r.ID, s.channelID(), []byte(`{"ok":true}`))}
			}
			return [][]byte{frame}
		}),
	},
}
