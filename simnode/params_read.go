package simnode

import (
	"math"
	"math/big"
	"net/url"
	"strings"
	"time"

	"chanbot/tx"
)

// parseParams reads the query of a connection and makes every check that needs
// neither the chain nor the other channels of the node. Without a refusal the
// caller goes on with checkAccounts and checkStart, or for a reconnect with the
// lookup of the channel and checkFSMID.
//
// The result is the same before and after the upgrade: all refusals but
// refuseHTTP, which is for a request without any query, come after it.
func parseParams(rawQuery string) (connectParams, *refusal) {
	if rawQuery == "" {
		return connectParams{}, &refusal{how: refuseHTTP, code: 500}
	}
	r := paramReader{values: splitQuery(rawQuery)}
	protocol, given := r.values["protocol"]
	switch {
	case !given:
		return connectParams{}, silently()
	case protocol != "json-rpc":
		return connectParams{}, &refusal{how: refuseCrash}
	}
	p := r.params()
	switch {
	case r.bad:
		return connectParams{}, silently()
	case p.Reconnect:
		return p, nil
	}
	return p, p.checkAmounts()
}

// splitQuery reads a query string. Of repeated keys the last one counts. A
// value whose escapes are broken is kept as it is; it then fails where it is
// read.
func splitQuery(raw string) map[string]string {
	values := make(map[string]string)
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		values[unescape(key)] = unescape(value)
	}
	return values
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// paramReader reads typed parameters. bad tells that one was missing or could
// not be read, which closes the connection silently.
type paramReader struct {
	values map[string]string
	bad    bool
}

func (r *paramReader) params() connectParams {
	p := connectParams{Role: r.role()}
	if p.Role == roleInitiator {
		p.Host = strings.Clone(r.text("host")) // without the rest of the query
	}
	p.Port = int(clampInt(r.int("port"), math.MaxInt32))
	if text, ok := r.values["existing_channel_id"]; ok {
		p.Reconnect = true
		p.ExistingChannel = r.id(text, tx.ChannelID)
		p.ExistingFSMID, p.fsmID = r.fsmID()
	} else {
		r.terms(&p)
	}
	r.depth(&p)
	r.options(&p)
	p.Timeouts = r.timeouts()
	p.reportFlags = r.reports()
	p.blockDelta = r.blockDelta()
	return p
}

// terms reads what a new channel needs.
func (r *paramReader) terms(p *connectParams) {
	initiator := r.text("initiator_id")
	if p.Role == roleResponder && initiator == "any" {
		p.AnyInitiator = true
	} else {
		p.InitiatorID = r.id(initiator, tx.AccountID)
	}
	p.ResponderID = r.id(r.text("responder_id"), tx.AccountID)
	p.InitiatorAmount = r.int("initiator_amount")
	p.ResponderAmount = r.int("responder_amount")
	p.PushAmount = r.int("push_amount")
	p.ChannelReserve = r.int("channel_reserve")
	lock := r.int("lock_period")
	p.LockPeriod, p.negativeLockTime = clampUint(lock), lock.Sign() < 0
}

func (r *paramReader) depth(p *connectParams) {
	if depth := r.optInt("minimum_depth"); depth != nil {
		p.MinimumDepth, p.negativeDepth = new(clampUint(depth)), depth.Sign() < 0
	}
	switch strategy, ok := r.values["minimum_depth_strategy"]; {
	case !ok:
	case strategy == "txfee":
		p.Strategy = depthTxFee
	case strategy == "plain":
		p.Strategy = depthPlain
	default:
		r.bad = true
	}
}

func (r *paramReader) options(p *connectParams) {
	p.KeepRunning = r.bool("keep_running", true)
	if ttl := r.optInt("ttl"); ttl != nil {
		p.TTL = clampUint(ttl)
	}
	p.Fee = r.optInt("fee")
	p.GasPrice = r.optInt("gas_price")
	if nonce := r.optInt("nonce"); nonce != nil {
		p.Nonce = new(clampUint(nonce))
	}
	p.MsgForwarding = r.bool("msg_forwarding", false)
	p.LogKeep = 10
	if keep := r.optInt("log_keep"); keep != nil && keep.Sign() >= 0 {
		p.LogKeep = int(clampInt(keep, math.MaxInt32))
	}
	p.Slogan = strings.Clone(r.values["slogan"])
}

func (r *paramReader) timeouts() timeouts {
	t := timeouts{
		Idle:          r.timeout("timeout_idle", 600*time.Second),
		FundingCreate: r.timeout("timeout_funding_create", 120*time.Second),
		FundingSign:   r.timeout("timeout_funding_sign", 120*time.Second),
		FundingLock:   r.timeout("timeout_funding_lock", 360*time.Second),
		Sign:          r.timeout("timeout_sign", 500*time.Second),
		Accept:        r.timeout("timeout_accept", 120*time.Second),
	}
	t.Initialized = r.timeout("timeout_initialized", t.Accept)
	t.AwaitingOpen = r.timeout("timeout_awaiting_open", t.Idle)
	return t
}

func (r *paramReader) reports() reportFlags {
	return reportFlags{
		ReportInfo:      r.bool("report_info", true),
		ReportUpdate:    r.bool("report_update", true),
		ReportLeave:     r.bool("report_leave", true),
		ReportConflict:  r.bool("report_conflict", true),
		ReportMessage:   r.bool("report_message", true),
		ReportError:     r.bool("report_error", true),
		ReportOnChainTx: r.bool("report_on_chain_tx", true),
		ReportDebug:     r.bool("report_debug", false),
		ReportMinDepth:  r.bool("report_min_depth", true),
	}
}

// blockDelta falls back to the defaults unless all three are given and fit
// together.
func (r *paramReader) blockDelta() blockDelta {
	newer := r.optInt("bh_delta_not_newer_than")
	older := r.optInt("bh_delta_not_older_than")
	pick := r.optInt("bh_delta_pick")
	if newer == nil || older == nil || pick == nil ||
		newer.Sign() < 0 || older.Sign() < 0 || older.Cmp(sum(newer, pick)) < 0 {
		return blockDelta{NotOlderThan: 10}
	}
	return blockDelta{
		NotNewerThan: clampUint(newer),
		NotOlderThan: clampUint(older),
		BlockPick:    clampUint(sum(newer, pick)),
	}
}

func (r *paramReader) role() role {
	switch r.text("role") {
	case "initiator":
	case "responder":
		return roleResponder
	default:
		r.bad = true
	}
	return roleInitiator
}

// text reads a required parameter.
func (r *paramReader) text(key string) string {
	value, ok := r.values[key]
	if !ok {
		r.bad = true
	}
	return value
}

func (r *paramReader) id(text string, kind tx.IDKind) tx.ID {
	id, err := tx.ParseID(text)
	if err != nil || id.Kind != kind {
		r.bad = true
		return tx.ID{}
	}
	return id
}

func (r *paramReader) fsmID() (id [32]byte, state fsmIDState) {
	text, ok := r.values["existing_fsm_id"]
	if !ok {
		return id, fsmIDMissing
	}
	b, err := tx.DecodeAs(tx.PrefixByteArray, text)
	if err != nil || len(b) != len(id) {
		return id, fsmIDMalformed
	}
	return [32]byte(b), fsmIDGiven
}

func (r *paramReader) bool(key string, otherwise bool) bool {
	switch value, ok := r.values[key]; {
	case !ok:
		return otherwise
	case value == "true":
		return true
	case value == "false":
		return false
	}
	r.bad = true
	return otherwise
}

// int reads a required whole number; it is never nil.
func (r *paramReader) int(key string) *big.Int {
	if n := r.optInt(key); n != nil {
		return n
	}
	r.bad = true
	return new(big.Int)
}

// optInt reads a whole number: decimal digits of any number with an optional
// minus. It is nil if the parameter is not given, or wrong.
func (r *paramReader) optInt(key string) *big.Int {
	text, ok := r.values[key]
	if !ok {
		return nil
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		r.bad = true
		return nil
	}
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

// timeout reads milliseconds. What is not above 0 is over at once, as nearly as a
// timer that may start anew for ever can be.
func (r *paramReader) timeout(key string, otherwise time.Duration) time.Duration {
	ms := r.optInt(key)
	if ms == nil {
		return otherwise
	}
	return time.Duration(max(1, clampInt(ms, math.MaxInt64/int64(time.Millisecond)))) * time.Millisecond
}

// clampUint cuts off at 0 and 2^64 - 1.
func clampUint(n *big.Int) uint64 {
	switch {
	case n.Sign() < 0:
		return 0
	case !n.IsUint64():
		return math.MaxUint64
	}
	return n.Uint64()
}

// clampInt cuts off at -limit and limit.
func clampInt(n *big.Int, limit int64) int64 {
	switch {
	case n.IsInt64() && n.Int64() >= -limit && n.Int64() <= limit:
		return n.Int64()
	case n.Sign() < 0:
		return -limit
	}
	return limit
}
