package strategy

import "strings"

// FrameName names frames in the words of the language: "info fsm_up",
// "sign.update", "on_chain_tx channel_changed", "conflict 42", "error 1018",
// "update", or a tag alone ("channel_changed"), which stands for that tag of
// info, sign and on_chain_tx; and "close" or "close 1000" for the end of the
// socket by the node.
type FrameName struct {
	Pos  Pos
	Name string
	// Optional says, of frames in order, that it may be missing; the file has a
	// question mark after the name.
	Optional bool
}

// String returns the name.
func (f FrameName) String() string { return f.Name }

// Matches says whether a frame whose full name is given ("info fsm_up",
// "sign.update", "conflict 42", "result ok") is one of those named.
func (f FrameName) Matches(full string) bool {
	if f.Name == full {
		return true
	}
	method, tag, hasTag := strings.Cut(full, " ")
	if _, known := plainFrames[f.Name]; known {
		return f.Name == method
	}
	if hasTag {
		return f.Name == tag && (method == "info" || method == "on_chain_tx")
	}
	signTag, isSign := strings.CutPrefix(full, "sign.")
	return isSign && f.Name == signTag
}
