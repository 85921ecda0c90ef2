package strategy

// FrameName names frames in the words of the language: "info fsm_up",
// "sign.update", "on_chain_tx channel_changed", "conflict 42", "error 1018",
// "update", or a tag alone ("channel_changed"), which stands for that tag of
// info, sign and on_chain_tx; and "close" or "close 1000" for the end of the
// socket by the node.
type FrameName struct {
	Pos  Pos
	Name string
}
