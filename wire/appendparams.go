package wire

import "math/big"

// AppendParams writes the params object of the request.
func (p UpdateNew) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.amount("amount", p.Amount)
	f.textUnlessEmpty("block_hash", p.BlockHash)
	f.text("from", p.From)
	f.textsUnlessNil("meta", p.Meta)
	f.text("to", p.To)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p NewContract) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.number("abi_version", p.ABIVersion)
	f.textUnlessEmpty("block_hash", p.BlockHash)
	f.text("call_data", p.CallData)
	f.text("code", p.Code)
	f.amount("deposit", p.Deposit)
	f.textsUnlessNil("meta", p.Meta)
	f.number("vm_version", p.VMVersion)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p CallContract) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.number("abi_version", p.ABIVersion)
	f.amount("amount", p.Amount)
	f.textUnlessEmpty("block_hash", p.BlockHash)
	f.text("call_data", p.CallData)
	f.text("contract_id", p.ContractID)
	f.textsUnlessNil("meta", p.Meta)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p DryRun) AppendParams(dst []byte) []byte { return CallContract(p).AppendParams(dst) }

// AppendParams writes the params object of the request.
func (p Deposit) AppendParams(dst []byte) []byte {
	return appendOnChain(dst, p.Amount, p.Meta, p.BlockHash, p.Options)
}

// AppendParams writes the params object of the request.
func (p Withdraw) AppendParams(dst []byte) []byte {
	return appendOnChain(dst, p.Amount, p.Meta, p.BlockHash, p.Options)
}

func appendOnChain(dst []byte, amount *big.Int, meta []string, blockHash string, o Options) []byte {
	f := openObject(dst)
	f.amount("amount", amount)
	f.textUnlessEmpty("block_hash", blockHash)
	f.amountUnlessNil("fee", o.Fee)
	f.amountUnlessNil("gas_price", o.GasPrice)
	f.textsUnlessNil("meta", meta)
	f.amountUnlessNil("nonce", o.Nonce)
	return f.close()
}

// AppendParams writes the params object of a request that has nothing else.
func (o Options) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.amountUnlessNil("fee", o.Fee)
	f.amountUnlessNil("gas_price", o.GasPrice)
	f.amountUnlessNil("nonce", o.Nonce)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p ForceProgress) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.number("abi_version", p.ABIVersion)
	f.amount("amount", p.Amount)
	f.text("call_data", p.CallData)
	f.text("contract_id", p.ContractID)
	f.amountUnlessNil("gas", p.Gas)
	f.amount("gas_price", p.GasPrice)
	f.amountUnlessNil("nonce", p.Nonce)
	return f.close()
}

// AppendParams writes the empty params object.
func (Leave) AppendParams(dst []byte) []byte { return append(dst, "{}"...) }

// AppendParams writes the params object of the request, which carries no
// channel id.
func (m Message) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.textUnlessEmpty("from", m.From)
	f.text("info", m.Info)
	f.text("to", m.To)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p AssumeMinimumDepth) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.text("tx_hash", p.TxHash)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p GetBalances) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.texts("accounts", p.Accounts)
	return f.close()
}

// AppendParams writes the empty params object, which this method demands.
func (GetOffchainState) AppendParams(dst []byte) []byte { return append(dst, "{}"...) }

// AppendParams writes the params object of the request.
func (p GetContract) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.text("pubkey", p.Pubkey)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p GetContractCall) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.text("caller_id", p.CallerID)
	f.text("contract_id", p.ContractID)
	f.amount("round", p.Round)
	return f.close()
}

// AppendParams writes the params object of the request; nil lists are left
// out.
func (p GetPoI) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.textsUnlessNil("accounts", p.Accounts)
	f.textsUnlessNil("contracts", p.Contracts)
	return f.close()
}

// AppendParams writes the empty params object.
func (CleanContractCalls) AppendParams(dst []byte) []byte { return append(dst, "{}"...) }

// AppendParams writes the params object of the request.
func (p HistoryFetch) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.amountUnlessNil("n", p.N)
	f.textsUnlessNil("tag", p.Tag)
	f.textsUnlessNil("type", p.Type)
	return f.close()
}

// AppendParams writes the params object of the request.
func (p System) AppendParams(dst []byte) []byte {
	f := openObject(dst)
	f.text("action", p.Action)
	return f.close()
}
