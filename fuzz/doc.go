// Package fuzz looks for what a node does that a correct node does not. It draws
// scenarios from a seed, plays them with package bot, whose oracle (package
// model) judges every frame, and makes of what breaks a rule a scenario of a few
// steps that shows it again.
//
// A case is a scenario as anybody could write it, so everything that is found is
// a file at once. Case n of a seed is always the same text; neither what the node
// answers nor how fast it is has a part in it.
//
// # Judging
//
// What is found breaks a rule of package model, or one of the rules of this
// package: an honest operation in a calm channel did not work (RuleExpectation),
// a timer of the node ran out too early or not at all (RuleTimer, RuleTimerLate),
// a transaction counts as deep too early (RuleDepth), the chain has other coins
// than the transactions that were reported give (RuleCoins), the node has gone or
// does not answer any more (RuleNodeGone, RuleNodeHung). Watch judges runs that
// are no search by those of them that need no second play.
//
// # Finding
//
// A finding is played again, is made smaller as long as it still breaks the same
// rule, and is written down with what each side saw. Two findings are the same
// when rule, state and input are.
package fuzz
