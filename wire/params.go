package wire

import "math/big"

// The types in this file are the params of section 5. Required fields are
// always written, amounts that are nil as 0; optional ones are left out when
// they are empty or nil. Values of a wrong type cannot be written with them:
// [AppendRequest] takes raw params for that.

// Options are the optional parameters of on-chain transactions, called O in
// section 5; nil leaves one to the node.
type Options struct{ Nonce, Fee, GasPrice *big.Int }

// UpdateNew asks for a transfer, channels.update.new.
type UpdateNew struct {
	From, To  string
	Amount    *big.Int
	BlockHash string   // optional: kh_ or mh_ text of the block to pin
	Meta      []string // optional
}

// NewContract asks to create a contract, channels.update.new_contract.
type NewContract struct {
	VMVersion, ABIVersion int64
	Deposit               *big.Int
	Code, CallData        string   // cb_ text
	BlockHash             string   // optional
	Meta                  []string // optional
}

// CallContract asks to call a contract, channels.update.call_contract.
type CallContract struct {
	ContractID string
	ABIVersion int64
	Amount     *big.Int
	CallData   string   // cb_ text
	BlockHash  string   // optional
	Meta       []string // optional
}

// DryRun asks for the result of a contract call that changes nothing,
// channels.dry_run.call_contract.
type DryRun CallContract

// Deposit asks to move coins into the channel, channels.deposit.
type Deposit struct {
	Amount    *big.Int
	Meta      []string // optional
	BlockHash string   // optional
	Options
}

// Withdraw asks to take coins out of the channel, channels.withdraw.
type Withdraw struct {
	Amount    *big.Int
	Meta      []string // optional
	BlockHash string   // optional
	Options
}

// Shutdown asks for a mutual close, channels.shutdown.
type Shutdown struct{ Options }

// CloseSolo asks for a solo close, channels.close_solo.
type CloseSolo struct{ Options }

// SnapshotSolo asks to put the latest state on chain, channels.snapshot_solo.
type SnapshotSolo struct{ Options }

// Slash asks to contest a solo close, channels.slash.
type Slash struct{ Options }

// Settle asks to end a solo close, channels.settle.
type Settle struct{ Options }

// ForceProgress asks to run a contract call on chain, channels.force_progress.
type ForceProgress struct {
	ContractID string
	ABIVersion int64
	Amount     *big.Int
	CallData   string // cb_ text
	GasPrice   *big.Int
	Gas        *big.Int // optional, 1000000 by default
	Nonce      *big.Int // optional
}

// Leave asks to end the session and keep the channel, channels.leave.
type Leave struct{}

// AssumeMinimumDepth tells the node to take a transaction as confirmed,
// channels.assume_minimum_depth.
type AssumeMinimumDepth struct{ TxHash string }

// GetBalances queries the balances of accounts, channels.get.balances.
type GetBalances struct{ Accounts []string }

// GetOffchainState queries the state trees, channels.get.offchain_state.
type GetOffchainState struct{}

// GetContract queries a contract, channels.get.contract.
type GetContract struct{ Pubkey string }

// GetContractCall queries the result of a call, channels.get.contract_call.
type GetContractCall struct {
	ContractID, CallerID string
	Round                *big.Int
}

// GetPoI queries a proof of inclusion, channels.get.poi.
type GetPoI struct{ Accounts, Contracts []string }

// CleanContractCalls prunes the calls of the local state,
// channels.clean_contract_calls.
type CleanContractCalls struct{}

// HistoryFetch queries the log of the FSM, channels.history.fetch.
type HistoryFetch struct {
	N         *big.Int // optional, 10 by default
	Type, Tag []string // optional
}

// System is channels.system with an Action constant.
type System struct{ Action string }

// Method returns channels.update.new.
func (UpdateNew) Method() string { return MethodUpdateNew }

// Method returns channels.update.new_contract.
func (NewContract) Method() string { return MethodUpdateNewContract }

// Method returns channels.update.call_contract.
func (CallContract) Method() string { return MethodUpdateCallContract }

// Method returns channels.dry_run.call_contract.
func (DryRun) Method() string { return MethodDryRunCallContract }

// Method returns channels.deposit.
func (Deposit) Method() string { return MethodDeposit }

// Method returns channels.withdraw.
func (Withdraw) Method() string { return MethodWithdraw }

// Method returns channels.shutdown.
func (Shutdown) Method() string { return MethodShutdown }

// Method returns channels.close_solo.
func (CloseSolo) Method() string { return MethodCloseSolo }

// Method returns channels.snapshot_solo.
func (SnapshotSolo) Method() string { return MethodSnapshotSolo }

// Method returns channels.slash.
func (Slash) Method() string { return MethodSlash }

// Method returns channels.settle.
func (Settle) Method() string { return MethodSettle }

// Method returns channels.force_progress.
func (ForceProgress) Method() string { return MethodForceProgress }

// Method returns channels.leave.
func (Leave) Method() string { return MethodLeave }

// Method returns channels.message.
func (Message) Method() string { return MethodMessage }

// Method returns channels.assume_minimum_depth.
func (AssumeMinimumDepth) Method() string { return MethodAssumeMinimumDepth }

// Method returns channels.get.balances.
func (GetBalances) Method() string { return MethodGetBalances }

// Method returns channels.get.offchain_state.
func (GetOffchainState) Method() string { return MethodGetOffchainState }

// Method returns channels.get.contract.
func (GetContract) Method() string { return MethodGetContract }

// Method returns channels.get.contract_call.
func (GetContractCall) Method() string { return MethodGetContractCall }

// Method returns channels.get.poi.
func (GetPoI) Method() string { return MethodGetPoI }

// Method returns channels.clean_contract_calls.
func (CleanContractCalls) Method() string { return MethodCleanContractCalls }

// Method returns channels.history.fetch.
func (HistoryFetch) Method() string { return MethodHistoryFetch }

// Method returns channels.system.
func (System) Method() string { return MethodSystem }
