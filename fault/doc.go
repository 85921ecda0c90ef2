// Package fault puts faults on the way between a client and a node: it wraps
// the client's connections and delays, drops, doubles, reorders, damages or
// cuts what passes, WebSocket message by message.
//
// A [Proxy] has rules. Each connection belongs to a side of a pair, which the
// caller names when it wraps the dialling ([Proxy.Dial], [Proxy.DialTLS]) or a
// connection ([Proxy.Wrap]). A connection that no rule concerns is not wrapped.
//
// Whether a rule applies to a message rests on nothing but the seed, the rule,
// the pair, the role, the direction, and the how many-th message it is that the
// rule names: not on goroutines, on time, or on other pairs. Only a window of
// time ([Rule.After], [Rule.Until]) brings the clock in.
//
// The handshake passes as it is, and so does everything behind bytes that are
// not WebSocket frames. Fragments stay as they are, but a message goes on only
// when all of it is there; a ping or pong among its fragments then comes before
// it.
package fault
