package bot

import (
	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/wire"
)

// contractRequest returns the request of a contract action, without what its
// options say.
func (p *pair) contractRequest(e *end, a *strategy.Action) wire.Params {
	switch a.Kind {
	case strategy.CreateContract:
		return wire.NewContract{Meta: a.Meta}
	case strategy.CallContract:
		return wire.CallContract{Amount: a.Amount, Meta: a.Meta}
	case strategy.DryRun:
		return wire.DryRun{Amount: a.Amount, Meta: a.Meta}
	case strategy.ContractCall:
		return wire.GetContractCall{CallerID: e.party.address[e.role.Index()]}
	case strategy.Contract:
		return wire.GetContract{}
	case strategy.CleanCalls:
		return wire.CleanContractCalls{}
	case outcome.ForceProgress:
		return wire.ForceProgress{Amount: a.Amount}
	case strategy.AssumeMinimumDepth:
		hash := a.Tx
		if hash == "" {
			hash = e.watchedHash()
		}
		return wire.AssumeMinimumDepth{TxHash: hash}
	}
	return nil
}
