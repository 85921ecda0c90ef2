package simnode

import (
	"fmt"
	"slices"
	"strings"
)

// Defect is a protocol mistake that the node can be told to make, so that a
// client can prove that it would notice. Without any a node is not changed.
type Defect struct {
	// Name is what Config.Defects takes: words in lower case, joined by hyphens.
	Name string
	// Group is what the mistake is about, one of DefectGroups.
	Group string
	// Does is the mistake, in one sentence.
	Does string
	// Breaks is the rule of the protocol that it breaks, and Source where that
	// rule stands: "fsm" is the reference of the behaviour, "ws-api" that of the
	// wire, "transactions" that of the bytes and "http-api" that of the HTTP API.
	Breaks, Source string
	// Flows are what a client has to do to meet the mistake, each one of
	// DefectFlows.
	Flows []string
	// When says what has to come together on top of the flows, for a mistake
	// that is rare; empty when the flows are enough.
	When string

	// bend makes the mistake for one node, or for one chain.
	bend func() hooks
}

// The groups of defects.
const (
	groupSignatures    = "signatures"
	groupRounds        = "rounds"
	groupBalances      = "balances"
	groupStateHashes   = "state hashes"
	groupAborts        = "aborts"
	groupConflicts     = "conflicts"
	groupNotifications = "notifications"
	groupAnswers       = "answers"
	groupTimers        = "timers"
	groupOnChain       = "on-chain amounts"
	groupIDs           = "ids"
	groupLeaks         = "cross-channel leaks"
	groupLiveness      = "liveness"
	groupData          = "queries and history"
	groupReturn        = "leave and return"
	groupParameters    = "connection parameters"
)

// DefectGroups are the groups in their order.
func DefectGroups() []string {
	return []string{groupSignatures, groupRounds, groupBalances, groupStateHashes, groupAborts, groupConflicts, groupNotifications, groupAnswers,
		groupTimers, groupOnChain, groupIDs, groupLeaks, groupLiveness, groupData, groupReturn, groupParameters}
}

// What a client does to meet a defect.
const (
	flowOpen      = "open"      // open a channel
	flowUpdate    = "update"    // make off-chain updates
	flowMeta      = "meta"      // updates with meta
	flowAbort     = "abort"     // abort
	flowConflict  = "conflict"  // both sides start at one time
	flowSignature = "signature" // answer with a wrong or changed transaction
	flowRefusal   = "refusal"   // ask for what is refused
	flowDeposit   = "deposit"
	flowWithdraw  = "withdraw"
	flowClose     = "close"   // mutual close
	flowSolo      = "solo"    // close_solo, slash, settle, snapshot_solo
	flowMessage   = "message" // in-band messages
	flowQuery     = "query"   // balances, state, proof, history
	flowLeave     = "leave"   // leave and reestablish
	flowReconnect = "reconnect"
	flowTimeout   = "timeout"  // set short timers and let them run out
	flowStop      = "stop"     // end channels
	flowChannels  = "channels" // several channels at one time
	flowFrames    = "frames"   // damaged frames
	flowConnect   = "connect"  // wrong connection parameters
	flowHTTP      = "http"     // look at the chain over HTTP
)

// DefectFlows are the flows that a defect can need.
func DefectFlows() []string {
	return []string{flowOpen, flowUpdate, flowMeta, flowAbort, flowConflict, flowSignature, flowRefusal, flowDeposit, flowWithdraw, flowClose, flowSolo,
		flowMessage, flowQuery, flowLeave, flowReconnect, flowTimeout, flowStop, flowChannels, flowFrames, flowConnect, flowHTTP}
}

// defects are all mistakes, one list for each group.
var defects = slices.Concat(
	signatureDefects, roundDefects, balanceDefects, stateHashDefects, abortDefects, conflictDefects, notificationDefects, answerDefects,
	timerDefects, onChainDefects, idDefects, leakDefects, livenessDefects, dataDefects, returnDefects, parameterDefects,
)

// Defects returns all mistakes that a node can be told to make, by group.
func Defects() []Defect { return slices.Clone(defects) }

// UnknownDefectError is a name that no defect has.
type UnknownDefectError struct {
	Name string
	// Near are the names that it may be a slip of, the most likely one first.
	Near []string
}

// Error names the defect and what it may have been meant to be.
func (e *UnknownDefectError) Error() string {
	text := fmt.Sprintf("no defect is called %q", e.Name)
	if len(e.Near) > 0 {
		text += "; did you mean " + strings.Join(e.Near, " or ") + "?"
	}
	return text
}

// FindDefect returns the defect of this name, or an *UnknownDefectError.
func FindDefect(name string) (Defect, error) {
	if at := slices.IndexFunc(defects, func(d Defect) bool { return d.Name == name }); at >= 0 {
		return defects[at], nil
	}
	return Defect{}, &UnknownDefectError{Name: name, Near: nearDefects(name)}
}

// nearDefects are the names that share most of their words with a name, at most
// three.
func nearDefects(name string) []string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' })
	best := 0
	var near []string
	for _, d := range defects {
		score := 0 // what is shared counts three, what is left over counts against
		parts := strings.Split(d.Name, "-")
		for _, w := range parts {
			if slices.ContainsFunc(words, func(x string) bool { return alike(x, w) }) {
				score += 3
			}
		}
		if score == 0 {
			continue
		}
		if score -= len(parts); score > best {
			best, near = score, nil
		}
		if score == best && score > 0 && len(near) < 3 {
			near = append(near, d.Name)
		}
	}
	return near
}

// alike tells whether two words begin alike, so that a slip at their end, or
// another form, does not matter.
func alike(a, b string) bool {
	n := min(len(a), len(b), 5)
	return n >= 3 && a[:n] == b[:n]
}
