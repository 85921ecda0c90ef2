package simnode

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"chanbot/tx"
)

// query is the query of a side that opens a channel, with changes: an empty
// value stands for a parameter that is not given.
func query(side role, changes ...string) url.Values {
	q := url.Values{
		"protocol": {"json-rpc"}, "role": {side.String()}, "port": {"3000"},
		"initiator_id": {key1.ID().String()}, "responder_id": {key2.ID().String()},
		"initiator_amount": {"70"}, "responder_amount": {"40"}, "push_amount": {"1"},
		"channel_reserve": {"2"}, "lock_period": {"10"},
	}
	if side == roleInitiator {
		q.Set("host", "localhost")
	}
	for _, change := range changes {
		key, value, _ := strings.Cut(change, "=")
		if value == "" {
			q.Del(key)
			continue
		}
		q.Set(key, value)
	}
	return q
}

// answer of a node on which key 1 and key 2 exist, and where every port but
// 3013 can be listened on.
func refusalOf(rawQuery string) *refusal {
	p, ref := parseParams(rawQuery)
	switch {
	case ref != nil:
		return ref
	case p.Reconnect:
		return p.checkFSMID()
	}
	if ref := p.checkAccounts(func(id tx.ID) bool { return id == key1.ID() || id == key2.ID() }); ref != nil {
		return ref
	}
	return p.checkStart(false, func(port int) bool { return port != 3013 })
}

// The column "when wrong" of ws-api, sections 2.1 and 2.2. Rows without a role
// are tried with both.
func TestRefusals(t *testing.T) {
	const (
		ok      = "accepted"
		silent  = "close 1000"
		crash   = "close 1011"
		low     = "error 3/105"
		unknown = "error 3/1011"
		start   = "error -32603"
	)
	initiator, responder, both := []role{roleInitiator}, []role{roleResponder}, []role{roleInitiator, roleResponder}
	other := stranger.ID().String()
	channel := tx.ChannelIDOf(key1.ID(), 1, key2.ID()).String()
	fsmID := tx.Encode(tx.PrefixByteArray, make([]byte, 32))
	type row struct {
		sides   []role
		changes string // separated by spaces
		want    string
	}
	tests := []row{
		{both, "", ok},
		{both, "protocol=", silent},
		{both, "protocol=xml", crash},
		{both, "protocol=JSON-RPC", crash},
		{both, "protocol=xml role=", crash},
		{both, "role=", silent},
		{both, "role=spectator", silent},
		{both, "role=Initiator", silent},
		{initiator, "host=", silent},
		{responder, "host=anything", ok},
		{both, "port=", silent},
		{both, "port=abc", silent},
		{both, "port=3000.0", silent},
		{responder, "port=3013", start},
		{initiator, "port=3013", ok},
		{responder, "port=65536", start},
		{responder, "port=-1", start},
		{responder, "port=99999999999999999999", start},
		{both, "initiator_id=", silent},
		{both, "initiator_id=ak_bad", silent},
		{both, "initiator_id=" + channel, silent},
		{both, "initiator_id=" + other, unknown},
		{initiator, "initiator_id=any", silent},
		{responder, "initiator_id=any", ok},
		{responder, "initiator_id=any responder_id=" + other, unknown},
		{both, "responder_id=", silent},
		{both, "responder_id=any", silent},
		{both, "responder_id=" + other, unknown},
		{both, "initiator_amount=", silent},
		{both, "initiator_amount=7x", silent},
		{both, "initiator_amount=2", low},
		{both, "initiator_amount=3", ok},
		{both, "initiator_amount=-5", low},
		{both, "initiator_amount=9000000000000000000000000000000000000000", ok},
		{both, "responder_amount=", silent},
		{both, "responder_amount=1e3", silent},
		{both, "responder_amount=0", low},
		{both, "responder_amount=1", ok},
		{both, "push_amount=", silent},
		{both, "push_amount=-1", low},
		{both, "push_amount=68", ok},
		{both, "push_amount=69", low},
		{both, "push_amount=-", silent},
		{both, "channel_reserve=", silent},
		{both, "channel_reserve=-1", low},
		{both, "channel_reserve=41", ok},
		{both, "channel_reserve=42", low},
		{both, "lock_period=", silent},
		{both, "lock_period=abc", silent},
		{both, "lock_period=-1", low},
		{both, "lock_period=0", ok},
		{both, "minimum_depth=x", silent},
		{both, "minimum_depth=-1", silent},
		{both, "minimum_depth=0", ok},
		{both, "minimum_depth_strategy=plain", ok},
		{both, "minimum_depth_strategy=txfee", ok},
		{both, "minimum_depth_strategy=foo", silent},
		{both, "keep_running=maybe", silent},
		{both, "keep_running=True", silent},
		{both, "keep_running=1", silent},
		{both, "keep_running=true", ok},
		{both, "ttl=x", silent},
		{both, "ttl=5", ok},
		{both, "fee=x", silent},
		{both, "gas_price=x", silent},
		{both, "nonce=x", silent},
		{both, "msg_forwarding=x", silent},
		{both, "log_keep=x", silent},
		{both, "log_keep=-7", ok},
		{both, "slogan=hello", ok},
		{both, "hello=world", ok},
		{both, "report_min_depth=false", ok},
		// One that is wrong closes silently, even if all are not used.
		{both, "bh_delta_not_newer_than=x", silent},
		{both, "bh_delta_not_older_than=x", silent},
		{both, "bh_delta_pick=x", silent},
		{both, "bh_delta_not_newer_than=-1 bh_delta_not_older_than=5 bh_delta_pick=0", ok},
		// The order of the checks.
		{both, "channel_reserve=-1 lock_period=abc", silent},
		{both, "initiator_amount=1 initiator_id=" + other, low},
		{both, "lock_period=-1 initiator_id=" + other, unknown},
		{both, "lock_period=-1 minimum_depth=-1", low},
		{responder, "minimum_depth=-1 port=3013", silent},
		// Reconnecting: terms of the channel are not read.
		{both, "existing_channel_id=" + channel + " existing_fsm_id=" + fsmID, ok},
		{both, "existing_channel_id=" + channel + " existing_fsm_id=" + fsmID + " initiator_id= responder_id=x initiator_amount= responder_amount=0 push_amount=-1 channel_reserve=x lock_period=-1", ok},
		{both, "existing_channel_id=" + channel + " existing_fsm_id=" + fsmID + " offchain_tx=x", ok},
		{both, "existing_channel_id=" + channel, "error 3/2000"},
		{both, "existing_channel_id=" + channel + " existing_fsm_id=ba_bad", "error 3/1016"},
		{both, "existing_channel_id=" + channel + " existing_fsm_id=" + tx.Encode(tx.PrefixByteArray, make([]byte, 31)), "error 3/1016"},
		{both, "existing_channel_id=" + channel + " existing_fsm_id=" + other, "error 3/1016"},
		{both, "existing_channel_id=ch_bad existing_fsm_id=" + fsmID, silent},
		{both, "existing_channel_id=" + other + " existing_fsm_id=" + fsmID, silent},
		{both, "existing_channel_id=" + channel + " port=", silent},
		{initiator, "existing_channel_id=" + channel + " host=", silent},
		{both, "existing_channel_id=" + channel + " protocol=xml", crash},
		{both, "existing_channel_id=" + channel + " timeout_idle=x", silent},
		{both, "existing_channel_id=" + channel + " report_info=x", silent},
	}
	for _, key := range []string{"idle", "funding_create", "funding_sign", "funding_lock", "sign", "accept", "initialized", "awaiting_open"} {
		tests = append(tests, row{both, "timeout_" + key + "=1.5", silent}, row{both, "timeout_" + key + "=1500", ok})
	}
	for _, key := range []string{"info", "update", "leave", "conflict", "message", "error", "on_chain_tx", "debug", "min_depth"} {
		tests = append(tests, row{both, "report_" + key + "=yes", silent}, row{both, "report_" + key + "=false", ok})
	}
	for _, test := range tests {
		for _, side := range test.sides {
			q := query(side, strings.Fields(test.changes)...).Encode()
			if got := refusalOf(q).String(); got != test.want {
				t.Errorf("%s with %s: %s, want %s", side, test.changes, got, test.want)
			}
		}
	}
}

func TestFullNode(t *testing.T) {
	p, _ := parseParams(query(roleResponder, "minimum_depth=-1", "port=3013").Encode())
	ref := p.checkStart(true, func(int) bool { t.Error("listened"); return true })
	if got := ref.String(); got != "error -32603" {
		t.Errorf("got %s", got)
	}
}

func TestRefusalsOnTheWire(t *testing.T) {
	tests := []struct {
		query string
		want  refusal
		close int
	}{
		{"", refusal{refuseHTTP, 500, 0}, 1000},
		{"role=initiator", refusal{refuseSilent, 0, 0}, 1000},
		{"protocol=xml", refusal{refuseCrash, 0, 0}, 1011},
		{query(roleInitiator, "push_amount=-1").Encode(), refusal{refuseError, 3, 105}, 1000},
	}
	for _, test := range tests {
		_, ref := parseParams(test.query)
		if ref == nil || *ref != test.want || ref.closeCode() != test.close {
			t.Errorf("%q: %s, want %s and close %d", test.query, ref, &test.want, test.close)
		}
	}
}

func TestParamDefaults(t *testing.T) {
	p, ref := parseParams(query(roleInitiator).Encode())
	if ref != nil {
		t.Fatal(ref)
	}
	want := connectParams{
		Role: roleInitiator, Host: "localhost", Port: 3000,
		InitiatorID: key1.ID(), ResponderID: key2.ID(),
		InitiatorAmount: coins(70), ResponderAmount: coins(40), PushAmount: coins(1), ChannelReserve: coins(2), LockPeriod: 10,
		KeepRunning: true, LogKeep: 10,
		Timeouts: timeouts{
			Idle: 600 * time.Second, FundingCreate: 120 * time.Second, FundingSign: 120 * time.Second, FundingLock: 360 * time.Second,
			Sign: 500 * time.Second, Accept: 120 * time.Second, Initialized: 120 * time.Second, AwaitingOpen: 600 * time.Second,
		},
		reportFlags: reportFlags{ReportInfo: true, ReportUpdate: true, ReportLeave: true, ReportConflict: true, ReportMessage: true, ReportError: true, ReportOnChainTx: true, ReportMinDepth: true},
		blockDelta:  blockDelta{NotOlderThan: 10},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

func TestParamValues(t *testing.T) {
	channel := tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	fsmID := [32]byte{1, 2, 3, 255}
	p, ref := parseParams(query(roleResponder,
		"initiator_id=any", "ttl=7", "fee=20000000000000", "gas_price=99999999999999999999", "nonce=12", "msg_forwarding=true", "log_keep=3",
		"slogan=a b&c", "keep_running=false", "minimum_depth=9", "minimum_depth_strategy=plain", "timeout_idle=1", "timeout_accept=2", "timeout_sign=-3",
		"timeout_funding_lock=99999999999999999999", "report_info=false", "report_debug=true",
		"bh_delta_not_newer_than=1", "bh_delta_not_older_than=5", "bh_delta_pick=4").Encode())
	if ref != nil {
		t.Fatal(ref)
	}
	checks := []struct {
		name string
		ok   bool
	}{
		{"initiator", p.AnyInitiator && p.InitiatorID.IsZero()},
		{"host", p.Host == ""},
		{"ttl", p.TTL == 7},
		{"fee", p.Fee.Cmp(coins(20_000_000_000_000)) == 0},
		{"gas price", p.GasPrice.String() == "99999999999999999999"},
		{"nonce", *p.Nonce == 12},
		{"forwarding", p.MsgForwarding},
		{"log", p.LogKeep == 3},
		{"slogan", p.Slogan == "a b&c"},
		{"keep running", !p.KeepRunning},
		{"depth", *p.MinimumDepth == 9 && p.Strategy == depthPlain},
		{"idle and what follows it", p.Timeouts.Idle == time.Millisecond && p.Timeouts.AwaitingOpen == time.Millisecond},
		{"accept and what follows it", p.Timeouts.Accept == 2*time.Millisecond && p.Timeouts.Initialized == 2*time.Millisecond},
		{"negative timeout", p.Timeouts.Sign == time.Millisecond},
		{"huge timeout", p.Timeouts.FundingLock > 200*365*24*time.Hour},
		{"report flags", !p.ReportInfo && p.ReportDebug && p.ReportUpdate},
		{"block delta", p.blockDelta == blockDelta{1, 5, 5}},
	}
	for _, check := range checks {
		if !check.ok {
			t.Errorf("%s is wrong in %+v", check.name, p)
		}
	}

	p, ref = parseParams(query(roleInitiator, "lock_period=99999999999999999999", "nonce=-1", "ttl=-1", "port=-99999999999", "log_keep=99999999999").Encode())
	if ref != nil || p.LockPeriod != 1<<64-1 || *p.Nonce != 0 || p.TTL != 0 || p.Port != -(1<<31-1) || p.LogKeep != 1<<31-1 {
		t.Errorf("numbers out of range: %v, %+v", ref, p)
	}

	p, ref = parseParams(query(roleInitiator, "existing_channel_id="+channel.String(), "existing_fsm_id="+tx.Encode(tx.PrefixByteArray, fsmID[:])).Encode())
	if ref != nil || !p.Reconnect || p.ExistingChannel != channel || p.ExistingFSMID != fsmID {
		t.Errorf("reconnect: %v, %+v", ref, p)
	}
}

func TestQueryText(t *testing.T) {
	base := query(roleInitiator).Encode()
	tests := []struct {
		name, query string
		port        int
	}{
		{"the last of repeated keys counts", "port=1&" + base + "&port=2", 2},
		{"even if the first is wrong", "port=x&" + base, 3000},
		{"keys are unescaped", base + "&%70ort=4", 4},
		{"empty parts are skipped", "&&" + base + "&&port=5&", 5},
		{"leading zeros", base + "&port=0006", 6},
	}
	for _, test := range tests {
		p, ref := parseParams(test.query)
		if ref != nil || p.Port != test.port {
			t.Errorf("%s: port %d, %s, want %d", test.name, p.Port, ref, test.port)
		}
	}
	for _, bad := range []string{"port=%zz", "port=%2B7", "port=+7", "port=7+", "port=0x10", "port=1_000", "port=--1", "port", "port=٣"} {
		if _, ref := parseParams(base + "&" + bad); ref.String() != "close 1000" {
			t.Errorf("%s: %s", bad, ref)
		}
	}
}

func TestBlockDelta(t *testing.T) {
	def := blockDelta{NotOlderThan: 10}
	tests := []struct {
		changes string
		want    blockDelta
	}{
		{"bh_delta_not_newer_than=1 bh_delta_not_older_than=20", def},
		{"bh_delta_not_older_than=20 bh_delta_pick=0", def},
		{"bh_delta_not_newer_than=2 bh_delta_not_older_than=20 bh_delta_pick=3", blockDelta{2, 20, 5}},
		{"bh_delta_not_newer_than=2 bh_delta_not_older_than=4 bh_delta_pick=3", def},
		{"bh_delta_not_newer_than=-1 bh_delta_not_older_than=4 bh_delta_pick=0", def},
		{"bh_delta_not_newer_than=0 bh_delta_not_older_than=-1 bh_delta_pick=-5", def},
		{"bh_delta_not_newer_than=3 bh_delta_not_older_than=4 bh_delta_pick=-1", blockDelta{3, 4, 2}},
	}
	for _, test := range tests {
		p, ref := parseParams(query(roleResponder, strings.Fields(test.changes)...).Encode())
		if ref != nil || p.blockDelta != test.want {
			t.Errorf("%s: %+v, %s, want %+v", test.changes, p.blockDelta, ref, test.want)
		}
	}
}

func FuzzParseParams(f *testing.F) {
	f.Add("")
	f.Add("&=&%")
	f.Add(query(roleInitiator).Encode())
	f.Add(query(roleResponder, "minimum_depth=-1", "timeout_idle=-99999999999999999999", "initiator_id=any").Encode())
	f.Add(query(roleInitiator, "existing_channel_id="+tx.ChannelIDOf(key1.ID(), 1, key2.ID()).String(), "existing_fsm_id=ba_").Encode())
	f.Fuzz(func(t *testing.T, raw string) {
		p, ref := parseParams(raw)
		again, refAgain := parseParams(raw)
		if !reflect.DeepEqual(p, again) || !reflect.DeepEqual(ref, refAgain) {
			t.Fatal("two different readings")
		}
		if ref != nil {
			return
		}
		if !p.Reconnect {
			if p.InitiatorAmount == nil || p.ResponderAmount == nil || p.PushAmount.Sign() < 0 || p.ChannelReserve.Sign() < 0 {
				t.Fatalf("accepted %+v", p)
			}
			if sum(p.InitiatorAmount).Cmp(sum(p.ChannelReserve, p.PushAmount)) < 0 {
				t.Fatalf("accepted an initiator below the reserve: %+v", p)
			}
		}
		if p.LogKeep < 0 || p.Timeouts.Idle < 0 || p.Timeouts.Sign < 0 || p.BlockPick > p.NotOlderThan {
			t.Fatalf("accepted %+v", p)
		}
		p.checkAccounts(func(tx.ID) bool { return true })
		p.checkStart(false, func(int) bool { return true })
		p.checkFSMID()
		p.requiredDepth(depthSettings{}, coins(17_640_000_000_000))
	})
}
