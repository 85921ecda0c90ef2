package session

import (
	"iter"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/outcome"
	"chanbot/wire"
)

// channelBlock is what the channel: of a scenario says, and with it what the
// connections of a run send by themselves.
type channelBlock struct {
	values   map[string]string        // initiator_amount and so on, keep_running
	timeouts map[string]time.Duration // without timeout_
	port     string                   // of the session, which is the run's
	// standing are parameters of each role on all its connections.
	standing [2]map[string]string
}

// defaults are the values of a channel that says nothing.
var defaults = map[string]string{
	"initiator_amount": "70000000000000", "responder_amount": "40000000000000",
	"push_amount": "1", "channel_reserve": "2", "lock_period": "10", "keep_running": "false",
}

var channelKeys = []string{"initiator_amount", "responder_amount", "push_amount", "channel_reserve", "lock_period", "keep_running"}

// timeoutNames are the timers that a channel can name.
var timeoutNames = []string{
	"idle", "funding_create", "funding_sign", "funding_lock", "sign", "accept", "initialized", "awaiting_open",
}

// channelBlock takes the parameters of the first connection that has them all
// and came up, or else of the first one.
func (im *importer) channelBlock() channelBlock {
	b := channelBlock{values: maps.Clone(defaults), timeouts: make(map[string]time.Duration)}
	var from *link
	ports := make(map[string]int)
	for _, k := range im.all.all {
		if p := k.query.Get("port"); p != "" {
			if ports[p]++; ports[p] > ports[b.port] {
				b.port = p
			}
		}
		if !slices.ContainsFunc(channelKeys[:5], func(key string) bool { return !wholeNumber(k.query.Get(key)) }) &&
			(from == nil || !from.seen[wire.EventFSMUp] && k.seen[wire.EventFSMUp]) {
			from = k
		}
	}
	if from == nil {
		return b
	}
	for _, key := range channelKeys {
		if v := from.query.Get(key); wholeNumber(v) || key == "keep_running" && (v == "true" || v == "false") {
			b.values[key] = v
		}
	}
	number := func(name string) *big.Int {
		n, _ := new(big.Int).SetString(b.values[name], 10)
		return n
	}
	if reserve, push := number("channel_reserve"), number("push_amount"); new(big.Int).Sub(number("initiator_amount"), push).Cmp(reserve) < 0 ||
		new(big.Int).Add(number("responder_amount"), push).Cmp(reserve) < 0 {
		b.values = maps.Clone(defaults) // no node opens such a channel
	}
	for _, name := range timeoutNames {
		if ms, err := strconv.ParseInt(from.query.Get("timeout_"+name), 10, 64); err == nil && ms > 0 && ms < int64(latest/time.Millisecond) {
			b.timeouts[name] = time.Duration(ms) * time.Millisecond
		}
	}
	for _, r := range outcome.Roles {
		b.standing[r.Index()] = im.reports(r)
	}
	return b
}

// reports returns what the connections of a role switch off, by which a run
// knows what not to wait for.
func (im *importer) reports(r outcome.Role) map[string]string {
	for _, k := range im.all.all {
		if k.role != r || k.joins {
			continue
		}
		out := make(map[string]string)
		for key := range k.query {
			if strings.HasPrefix(key, "report_") {
				out[key] = k.query.Get(key)
			}
		}
		return out
	}
	return nil
}

func wholeNumber(s string) bool { return decimal(s) && len(s) <= 40 }

// sent returns what a connection of a run sends unless a step says otherwise.
func (b *channelBlock) sent(r outcome.Role, joins bool) map[string]string {
	q := map[string]string{"protocol": "json-rpc", "role": r.String(), "port": b.port}
	if r == outcome.Initiator {
		q["host"] = "localhost"
	}
	for name, d := range b.timeouts {
		q["timeout_"+name] = strconv.FormatInt(d.Milliseconds(), 10)
	}
	if joins {
		q["existing_channel_id"], q["existing_fsm_id"] = "$channel_id", "$fsm_id"
		return q
	}
	q["initiator_id"], q["responder_id"] = "$initiator", "$responder"
	maps.Copy(q, b.values)
	maps.Copy(q, b.standing[r.Index()])
	return q
}

// params are the parameters in which a connection differs from what a run sends
// by itself.
func (im *importer) params(k *link) mapping {
	sent := im.channel.sent(k.role, k.joins)
	var m mapping
	names := slices.Sorted(maps.Keys(k.query))
	for name := range sent {
		if !k.query.Has(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if len(name) > longestKey {
			im.note(k.begin, "a connection parameter with a name of %d bytes", len(name))
			continue
		}
		if !k.query.Has(name) {
			m = append(m, member{name, nil})
			continue
		}
		v := k.query.Get(name)
		switch name {
		case "port":
			if im.paired(k) {
				v = im.channel.port
			}
		case "initiator_id", "responder_id":
			if w := im.accounts.word(v); w != "" {
				v = "$" + w
			}
		case "existing_channel_id", "existing_fsm_id":
			v = im.idText(k, v)
		case "host":
			if k.role == outcome.Initiator && (v == "localhost" || v == "127.0.0.1") {
				v = "localhost"
			}
		}
		if v != sent[name] {
			m = append(m, member{name, v})
		}
	}
	return m
}

// paired says whether a socket has the port of its peer, which is then the
// run's, whatever it was.
func (im *importer) paired(k *link) bool {
	port := k.query.Get("port")
	at := slices.Index(im.all.all, k)
	same := func(list iter.Seq2[int, *link]) bool {
		for _, other := range list {
			if other.role != k.role {
				return other.query.Get("port") == port
			}
		}
		return false
	}
	return same(slices.Backward(im.all.all[:at])) || same(slices.All(im.all.all[at+1:]))
}

// block returns what the scenario has to say about its channel.
func (im *importer) block() mapping {
	var m mapping
	for _, key := range channelKeys {
		if v := im.channel.values[key]; v != defaults[key] {
			m = append(m, member{key, rawScalar(v)})
		}
	}
	if len(im.channel.timeouts) > 0 {
		var t mapping
		for _, name := range slices.Sorted(maps.Keys(im.channel.timeouts)) {
			t = append(t, member{name, duration(im.channel.timeouts[name])})
		}
		m = append(m, member{"timeouts", t})
	}
	if im.first != outcome.NoRole {
		m = append(m, member{"first", im.first.String()})
	}
	if im.pairs > 1 {
		m = append(m, member{"accounts", im.pairs})
	}
	if im.silent {
		m = append(m, member{"keep_alive", rawScalar("off")})
	}
	return m
}

// rawScalar is a text that is written without quotes.
type rawScalar string

func duration(d time.Duration) rawScalar { return rawScalar(d.String()) }

// pathOf returns the path of a connection; "/channel" is the usual one.
func pathOf(k *link) string {
	if u, err := url.PathUnescape(k.path); err == nil {
		return u
	}
	return k.path
}
