package simnode

import (
	"bytes"
	"math/big"
	"sync"

	"chanbot/tx"
	"chanbot/wire"
)

// neighbour is a machine of another channel on the node that has the same role:
// the one with the lowest port, then channel id. It is nil when there is none.
func (in *instance) neighbour() *instance {
	n := in.node
	n.mu.Lock()
	defer n.mu.Unlock()
	var best *instance
	for other := range n.instances {
		if other.role != in.role || other == in || other.channel().IsZero() {
			continue
		}
		if best == nil || other.before(best) {
			best = other
		}
	}
	return best
}

func (in *instance) before(other *instance) bool {
	if in.port != other.port {
		return in.port < other.port
	}
	a, b := in.channel(), other.channel()
	return bytes.Compare(a.Key[:], b.Key[:]) < 0
}

// leaking makes hooks that give notifications of a method to a machine of
// another channel; with moved their own client does not get them.
func leaking(method string, moved bool) func() hooks {
	head := []byte(`"method":"` + method + `"`)
	return func() hooks {
		return hooks{node: nodeHooks{act: func(in *instance, a *action, work *worklist) bool {
			if a.kind != actNotify || !bytes.Contains(a.frame, head) || !bytes.Contains(a.frame, []byte(in.f.channelText)) {
				return true // the last: what has leaked in leaks no further
			}
			other := in.neighbour()
			if other == nil {
				return true
			}
			other.push(item{ev: event{kind: evForeign, msg: &peerMsg{text: string(a.frame)}}}, work)
			return !moved
		}}}
	}
}

// shared is what all machines of a node know of each other.
type shared struct {
	mu       sync.Mutex
	channel  tx.ID
	balances balances
	signed   *tx.SignedTx
	round    uint64 // the highest
}

// learn notes the state of a machine.
func (s *shared) learn(f *fsm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channel, s.balances, s.signed, s.round = f.channelID, f.balances, f.signed, max(s.round, f.round)
}

// other returns what the last machine of another channel has noted.
func (s *shared) other(f *fsm) (b balances, signed *tx.SignedTx, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.balances, s.signed, s.signed != nil && s.channel != f.channelID
}

// sharing makes hooks whose machines know of each other.
func sharing(build func(s *shared) machineHooks) func() hooks {
	return func() hooks {
		s := &shared{}
		return hooks{machine: func() machineHooks {
			h := build(s)
			h.adopted = s.learn
			return h
		}}
	}
}

var leakDefects = []Defect{
	{
		Name: "message-goes-to-another-channel", Group: groupLeaks,
		Does:   "An in-band message goes to a client of another channel instead.",
		Breaks: "A message is delivered to the peer in its channel.", Source: "fsm 6.9",
		Flows: []string{flowMessage, flowChannels},
		bend:  leaking(wire.MethodMessage, true),
	},
	{
		Name: "conflict-goes-to-another-channel-too", Group: groupLeaks,
		Does:   "A conflict is told to a client of another channel as well.",
		Breaks: "Every frame of a session is about its own channel.", Source: "ws-api 3.3",
		Flows: []string{flowUpdate, flowConflict, flowChannels},
		bend:  leaking(wire.MethodConflict, false),
	},
	{
		Name: "state-goes-to-another-channel-too", Group: groupLeaks,
		Does:   "A co-signed state is reported to a client of another channel as well.",
		Breaks: "Every frame of a session is about its own channel.", Source: "ws-api 3.3",
		Flows: []string{flowUpdate, flowChannels},
		bend:  leaking(wire.MethodUpdate, false),
	},
	{
		Name: "balances-of-another-channel", Group: groupLeaks,
		Does:   "get.balances gives the amounts of the channel that made the last state on the node.",
		Breaks: "get.balances gives the balances of the own channel.", Source: "ws-api 5",
		Flows: []string{flowUpdate, flowQuery, flowChannels},
		bend: sharing(func(s *shared) machineHooks {
			return machineHooks{query: func(f *fsm, r *clientRequest, a answer) answer {
				b, _, ok := s.other(f)
				if r.method != wire.MethodGetBalances || !ok {
					return a
				}
				own := f.balances
				f.balances = b
				defer func() { f.balances = own }()
				return f.look(r)
			}}
		}),
	},
	{
		Name: "offchain-state-of-another-channel", Group: groupLeaks,
		Does:   "get.offchain_state shows the state of the channel that made the last one on the node.",
		Breaks: "get.offchain_state shows the last co-signed state of the own channel.", Source: "ws-api 5",
		Flows: []string{flowUpdate, flowQuery, flowChannels},
		bend: sharing(func(s *shared) machineHooks {
			return machineHooks{query: func(f *fsm, r *clientRequest, a answer) answer {
				_, signed, ok := s.other(f)
				if r.method != wire.MethodGetOffchainState || !ok {
					return a
				}
				own := f.signed
				f.signed = signed
				defer func() { f.signed = own }()
				return f.look(r)
			}}
		}),
	},
	{
		Name: "rounds-counted-over-all-channels", Group: groupLeaks,
		Does:   "An update is offered with the next round after the highest of all channels on the node.",
		Breaks: "Each co-signed state has exactly the round of the last one of its channel + 1.", Source: "fsm 2",
		Flows: []string{flowUpdate, flowChannels},
		bend: sharing(func(s *shared) machineHooks {
			return misnumber(machineHooks{}, func(*fsm) uint64 {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.round + 1
			})
		}),
	},
	{
		Name: "deposit-raises-all-channels", Group: groupLeaks,
		Does:   "The amount of a deposit is added to the initiator's balance in every other channel of the node, too.",
		Breaks: "A deposit changes the balances of its own channel only.", Source: "transactions 6",
		Flows: []string{flowDeposit, flowQuery, flowChannels},
		bend: func() hooks {
			var mu sync.Mutex
			total, own := new(big.Int), make(map[tx.ID]*big.Int) // by channel
			// strange is what has been deposited in all channels but that of a machine.
			strange := func(f *fsm) *big.Int {
				mu.Lock()
				defer mu.Unlock()
				return less(total, own[f.channelID])
			}
			return hooks{machine: func() machineHooks {
				var before *big.Int
				return machineHooks{
					begun: func(f *fsm) { before = strange(f) },
					adopted: func(f *fsm) {
						inner, err := f.signed.Decode()
						if d, is := inner.(*tx.Deposit); err == nil && is && f.p.Role == roleInitiator {
							mu.Lock()
							defer mu.Unlock()
							total = sum(total, d.Amount)
							own[f.channelID] = sum(own[f.channelID], d.Amount)
						}
					},
					query: func(f *fsm, r *clientRequest, a answer) answer {
						if r.method != wire.MethodGetBalances {
							return a
						}
						right := f.balances
						f.balances = right.plus(&f.terms, f.terms.initiator, less(strange(f), before))
						defer func() { f.balances = right }()
						return f.look(r)
					},
				}
			}}
		},
	},
}
