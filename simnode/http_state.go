package simnode

import (
	"math/big"
	"net/http"
	"slices"
	"time"

	"chanbot/tx"
)

// readAccount reads the account of a path (http-api 4).
func readAccount(text string, prefixes ...tx.Prefix) (tx.ID, *apiAnswer) {
	p, key, bad := readHash(text, "Invalid public key", prefixes...)
	if p == tx.PrefixContract {
		return tx.ID{Kind: tx.ContractID, Key: key}, bad
	}
	return tx.ID{Kind: tx.AccountID, Key: key}, bad
}

// account is the state on chain, which the pool does not change. Every account
// is a basic one here.
func (a *api) account(c apiCall) apiAnswer {
	id, bad := readAccount(c.args[0], tx.PrefixAccount, tx.PrefixContract)
	if bad != nil {
		return *bad
	}
	state, ok := a.node.chain.account(id)
	if !ok {
		return denied(http.StatusNotFound, "Account not found", "")
	}
	return answered(object{
		"balance": state.Balance, "id": id, "kind": "basic", "nonce": state.Nonce, "payable": true,
	})
}

// nextNonce knows both strategies of http-api 4.
func (a *api) nextNonce(c apiCall) apiAnswer {
	next := a.node.chain.nextNonce
	switch strategy := c.query.Get("strategy"); {
	case !c.query.Has("strategy"), strategy == "max":
	case strategy == "continuity":
		next = a.node.chain.freeNonce
	default:
		return invalid("strategy", object{"data": strategy, "error": "not_in_enum"})
	}
	id, bad := readAccount(c.args[0], tx.PrefixAccount)
	if bad != nil {
		return *bad
	}
	if _, ok := a.node.chain.account(id); !ok {
		return denied(http.StatusNotFound, "Account not found", "account_not_found")
	}
	return answered(object{"next_nonce": next(id)})
}

func (a *api) accountPending(c apiCall) apiAnswer {
	id, bad := readAccount(c.args[0], tx.PrefixAccount)
	if bad != nil {
		return *bad
	}
	if _, ok := a.node.chain.account(id); !ok {
		return denied(http.StatusNotFound, "Account not found", "")
	}
	return answered(object{"transactions": pendingObjects(a.node.chain.pendingOf(id))})
}

// channelObject shows a channel that exists on chain (http-api 6).
func (a *api) channelObject(c apiCall) apiAnswer {
	_, key, bad := readHash(c.args[0], "Invalid public key", tx.PrefixChannel)
	if bad != nil {
		return *bad
	}
	s, ok := a.node.chain.channel(tx.ID{Kind: tx.ChannelID, Key: key})
	if !ok {
		return denied(http.StatusNotFound, "Channel not found", "not_found")
	}
	body := object{
		"channel_amount": s.ChannelAmount, "channel_reserve": s.ChannelReserve, "id": s.ID,
		"initiator_amount": s.InitiatorAmount, "initiator_id": s.InitiatorID,
		"responder_amount": s.ResponderAmount, "responder_id": s.ResponderID,
		"lock_period": s.LockPeriod, "locked_until": s.LockedUntil,
		"round": s.Round, "solo_round": s.SoloRound, "state_hash": s.StateHash.Text(tx.PrefixState),
	}
	if a.node.chain.cfg.CreateVersion >= 2 {
		body["delegate_ids"] = delegateObject(s.InitiatorDelegates, s.ResponderDelegates)
	} else {
		body["delegate_ids"] = ids(s.InitiatorDelegates)
	}
	return answered(body)
}

func delegateObject(initiator, responder []tx.ID) object {
	return object{"initiator": ids(initiator), "responder": ids(responder)}
}

// ids is a list that is written as [] when it is empty.
func ids(list []tx.ID) []tx.ID { return append([]tx.ID{}, list...) }

// blockGas is what the transactions of a micro block may use (http-api 9).
const blockGas = 6_000_000

// recentGasPrices looks at the transactions of the last minutes (http-api 9). A
// generation counts as long as it was the current one in that time.
func (a *api) recentGasPrices(apiCall) apiAnswer {
	mined, ends := a.node.chain.recent(time.Hour)
	now := a.node.chain.cfg.Clock()
	list := []object{}
	for _, minutes := range []int{1, 5, 15, 60} {
		since := now.Add(-time.Duration(minutes) * time.Minute)
		least, used := new(big.Int), uint64(0)
		blocks := make(map[tx.Hash]bool)
		for _, m := range mined {
			if ends[m.Height].Before(since) {
				continue
			}
			gas := tx.Gas(m.Tx)
			used += gas
			blocks[m.Block] = true
			price := new(big.Int).SetUint64(gas)
			if price.Sign() > 0 {
				price = priceOf(tx.FeeOf(m.Tx), price)
			}
			if least.Sign() == 0 || price.Cmp(least) < 0 {
				least = price
			}
		}
		utilization := uint64(0)
		if len(blocks) > 0 {
			utilization = min(100, used*100/(blockGas*uint64(len(blocks))))
		}
		list = append(list, object{"min_gas_price": least, "minutes": minutes, "utilization": utilization})
	}
	return answered(list)
}

// recent returns the transactions of the generations that ended within the last
// time, and when these generations ended.
func (c *chain) recent(within time.Duration) (mined []minedTx, ends map[uint64]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.cfg.Clock()
	since := end.Add(-within)
	ends = make(map[uint64]time.Time)
	for _, k := range slices.Backward(c.past.keys) {
		if end.Before(since) {
			break
		}
		ends[k.Height] = end
		end = k.Time
	}
	for hash, in := range c.past.mined.all {
		if _, ok := ends[in.block.height]; !ok {
			continue
		}
		if m, ok := c.past.transaction(hash); ok {
			mined = append(mined, m)
		}
	}
	return mined, ends
}
