package strategy

import (
	"maps"
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/wire"
)

// The words of the wire that files use (ws-api.md section 6).
var (
	signTags     = wire.SignTags()
	infoEvents   = wire.Events()
	onChainInfos = wire.OnChainInfos()
)

// tagsOf returns the tags that a role can be asked to sign.
func tagsOf(r outcome.Role) []string {
	never := map[outcome.Role]string{outcome.Initiator: wire.TagResponderSign, outcome.Responder: wire.TagInitiatorSign}[r]
	return slices.DeleteFunc(slices.Clone(signTags), func(t string) bool { return t == never })
}

// plainFrames are the methods whose name alone names all their frames. A word
// of these is never taken for the tag of another method: update is the report
// of a new state, and the event is "info update".
var plainFrames = func() map[string]bool {
	m := map[string]bool{"result": true, "error": true, "batch": true, "invalid": true, "unknown": true, "close": true}
	for _, method := range wire.Notifications() {
		if name := strings.TrimPrefix(method, "channels."); !strings.HasPrefix(name, "sign.") {
			m[name] = true
		}
	}
	return m
}()

// plainNames are the words of plainFrames, sorted.
func plainNames() []string { return slices.Sorted(maps.Keys(plainFrames)) }

// timeoutNames are the connection parameters timeout_NAME (fsm.md section 4).
var timeoutNames = []string{
	"idle", "funding_create", "funding_sign", "funding_lock", "sign", "accept", "initialized", "awaiting_open",
}
