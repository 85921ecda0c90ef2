package simnode

import (
	"math"
	"math/big"
)

// depthStrategy is how the depth that a transaction needs is computed.
type depthStrategy uint8

const (
	depthUnset depthStrategy = iota
	depthTxFee               // by the fee that it paid
	depthPlain               // the same for all
)

// Defaults of minimum_depth (ws-api, section 2.3).
const (
	defaultFactor     = 10
	defaultPlainDepth = 3
)

// depthSettings are the parameters minimum_depth and minimum_depth_strategy.
// The zero value is a client that gave neither.
type depthSettings struct {
	Depth    *uint64 // factor of txfee, or depth of plain; nil if not given
	Strategy depthStrategy
}

func (s depthSettings) given() bool { return s.Depth != nil || s.Strategy != depthUnset }

// withDefaults fills in what was not given. A depth without a strategy is
// taken for the factor of txfee: minimum_depth=1 then waits for thousands of
// blocks, as on the real node.
func (s depthSettings) withDefaults() depthSettings {
	if s.Strategy == depthUnset {
		s.Strategy = depthTxFee
	}
	if s.Depth == nil {
		s.Depth = new(uint64(defaultFactor))
		if s.Strategy == depthPlain {
			s.Depth = new(uint64(defaultPlainDepth))
		}
	}
	return s
}

// adopt returns the settings in force on a side. A client that gave neither
// parameter takes those that came with the peer's channel_accept, if it is the
// initiator (accept is not nil). That message does not carry plain: such an
// initiator falls back to the defaults.
func (s depthSettings) adopt(accept *depthSettings) depthSettings {
	if !s.given() && accept != nil {
		if peer := accept.withDefaults(); peer.Strategy == depthTxFee {
			return peer
		}
	}
	return s.withDefaults()
}

// requiredDepth is minimumDepth for this client; peer are the settings that the
// responder sent with channel_accept, which only the initiator looks at.
func (p *connectParams) requiredDepth(peer depthSettings, fee *big.Int) uint64 {
	if p.Role == roleResponder {
		return minimumDepth(p.depthSettings(), nil, fee, defaultMinerGasPrice)
	}
	return minimumDepth(p.depthSettings(), &peer, fee, defaultMinerGasPrice)
}

// minimumDepth is the depth that a side waits for before it takes a
// transaction with this fee for confirmed (ws-api, section 2.3): own are its
// settings; accept, for the initiator, are the responder's. Depth is the height
// of the top less that of the generation that holds the transaction.
func minimumDepth(own depthSettings, accept *depthSettings, fee, minerGasPrice *big.Int) uint64 {
	s := own.adopt(accept)
	if s.Strategy == depthPlain {
		return *s.Depth
	}
	return txFeeDepth(*s.Depth, fee, minerGasPrice)
}

// txFeeDepth is ceil((fee / price) ^ (1 / factor)), and 1 for factor 0.
func txFeeDepth(factor uint64, fee, price *big.Int) uint64 {
	if factor == 0 {
		return 1
	}
	if price.Sign() <= 0 {
		price = big.NewInt(1)
	}
	units, _ := new(big.Rat).SetFrac(fee, price).Float64()
	depth := math.Ceil(math.Pow(units, 1/float64(factor)))
	if depth >= math.MaxUint64 {
		return math.MaxUint64
	}
	return uint64(depth)
}
