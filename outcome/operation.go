package outcome

import "fmt"

// Operation names what was attempted, in the words of the scenario language.
type Operation string

// The operations.
const (
	Open          Operation = "open"
	Transfer      Operation = "transfer"
	Message       Operation = "message"
	Balances      Operation = "balances"
	State         Operation = "state"
	Proof         Operation = "proof"
	History       Operation = "history"
	Ping          Operation = "ping"
	Deposit       Operation = "deposit"
	Withdraw      Operation = "withdraw"
	Close         Operation = "close"
	CloseSolo     Operation = "close_solo"
	Slash         Operation = "slash"
	Settle        Operation = "settle"
	Snapshot      Operation = "snapshot"
	ForceProgress Operation = "force_progress"
	Leave         Operation = "leave"
	Reestablish   Operation = "reestablish"
	Reconnect     Operation = "reconnect"
	Disconnect    Operation = "disconnect"
	Stop          Operation = "stop"
	Wait          Operation = "wait"
	Send          Operation = "send"
	Blocks        Operation = "blocks"
)

// Clock is one of the three times of an operation.
type Clock uint8

// The clocks. Response runs from the moment an operation was due, Service from
// the moment its request was sent, and Wait is the difference.
const (
	Response Clock = iota
	Service
	Waiting
)

var clockNames = [...]string{"response", "service", "wait"}

// String returns the name used in thresholds and reports.
func (c Clock) String() string {
	if int(c) < len(clockNames) {
		return clockNames[c]
	}
	return fmt.Sprintf("Clock(%d)", uint8(c))
}

// ParseClock reads a clock's name.
func ParseClock(s string) (Clock, error) {
	for i, n := range clockNames {
		if n == s {
			return Clock(i), nil
		}
	}
	return Response, fmt.Errorf("unknown clock %q; expected one of response, service, wait", s)
}
