package fuzz

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/strategy"
)

// Case is one drawn scenario.
type Case struct {
	// Number counts from 0; the same seed and number give the same text.
	Number int
	// Target is the cell that a part of it aims at; zero for none.
	Target model.Cell
	// Text is the scenario in the language of package strategy.
	Text []byte
	// Actions is how many steps it has, those inside others included.
	Actions int
}

// maker draws one case. Its methods append steps.
type maker struct {
	r     *rand.Rand
	seed  uint64
	n     int
	steps []string
	count int // steps in steps, inner ones included

	amounts [2]int64 // what the channel is opened with, by role
	floor   [2]int64 // what each role has at least in a calm channel
	reserve int64
	params  []string // lines below channel
	roles   [2][]string
	timers  bool // the timers of the node are short

	// calm: nothing has happened since the channel was opened that could keep an
	// honest operation from working.
	calm bool
	// up: there should be a channel that can be worked with.
	up bool

	target  model.Cell // what a recipe aims at; zero for none
	pending string     // the tag that it has left a side to sign
}

// makeCase draws case n of a seed. It depends on nothing else.
func makeCase(seed uint64, n int) Case {
	source := strategy.NewSource(seed, nil)
	m := &maker{r: source.Rand(n, outcome.NoRole, "fuzz", 0), seed: seed, n: n}
	m.target = target(seed, n)
	m.channel()
	m.body()
	return Case{Number: n, Target: m.target, Text: m.text(), Actions: m.count}
}

// text puts the scenario together.
func (m *maker) text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "chanbot: 1\nname: fuzz-%d-%d\n", m.seed, m.n)
	fmt.Fprintf(&b, "channel:\n")
	for _, l := range m.params {
		b.WriteString("  " + l + "\n")
	}
	for i, r := range outcome.Roles {
		if len(m.roles[i]) > 0 {
			fmt.Fprintf(&b, "%s: {params: {%s}}\n", r, strings.Join(m.roles[i], ", "))
		}
	}
	b.WriteString("steps:\n")
	for _, s := range m.steps {
		b.WriteString(s)
	}
	return []byte(b.String())
}

// step appends a step: its first line, and further keys as "key: value".
func (m *maker) step(first string, keys ...string) {
	var b strings.Builder
	b.WriteString("  - " + first + "\n")
	for _, k := range keys {
		b.WriteString("    " + k + "\n")
	}
	m.steps = append(m.steps, b.String())
	m.count++
}

// any is a step whose end is not known beforehand. In a channel that may be
// blocked it does not wait for long: what is not answered is noticed at the end.
func (m *maker) any(first string, keys ...string) {
	if !m.calm && !m.timers {
		keys = impatient(keys)
	}
	m.step(first, append(keys, "expect: any")...)
}

// impatient returns the keys of a step with a time of two seconds at most.
func impatient(keys []string) []string {
	for i, k := range keys {
		text, is := strings.CutPrefix(k, "timeout: ")
		if d, err := time.ParseDuration(text); !is || err != nil {
			continue
		} else if d > 2*time.Second {
			keys = slices.Clone(keys)
			keys[i] = "timeout: 2s"
		}
		return keys
	}
	return append(keys, "timeout: 900ms")
}

// honest is a step that has to work in a calm channel.
func (m *maker) honest(first string, keys ...string) {
	if m.calm {
		m.step(first, keys...)
		return
	}
	m.any(first, keys...)
}

// chance is true p times of 100.
func (m *maker) chance(p int) bool { return m.r.IntN(100) < p }

// pick draws one of several texts.
func (m *maker) pick(all ...string) string { return all[m.r.IntN(len(all))] }

// role draws a role.
func (m *maker) role() outcome.Role { return outcome.Roles[m.r.IntN(2)] }

// act is the subject of a step: a role and what it does.
func act(r outcome.Role, what string) string { return r.String() + ": " + what }

// spend notes that a role may have to give an amount and reports whether it has
// it for sure. It never has less than the reserve afterwards (transactions 6).
func (m *maker) spend(from outcome.Role, amount int64) bool {
	if amount > 2*(m.amounts[0]+m.amounts[1]) {
		return false // and will be refused
	}
	has := &m.floor[from.Index()]
	sure := *has-amount >= m.reserve
	*has = max(*has-amount, m.reserve)
	return sure
}

// transfer moves coins to the peer and has to work where there are enough.
func (m *maker) transfer(from outcome.Role, amount string, keys ...string) {
	m.pay(from, amount, act(from, "{transfer: "+amount+"}"), keys...)
}

// pay is a step by which a role gives an amount to its peer.
func (m *maker) pay(from outcome.Role, amount, step string, keys ...string) {
	n, err := strconv.ParseInt(amount, 10, 64)
	if err != nil {
		n = math.MaxInt64 / 2 // nobody has so much
	}
	if m.spend(from, n) && m.calm {
		m.floor[from.Peer().Index()] += n
		m.step(step, keys...)
		return
	}
	m.any(step, keys...)
}

// canClose reports whether the balances can surely pay the fee of a mutual close
// (ws-api 4.2: 1001 otherwise).
func (m *maker) canClose() bool { return m.floor[0]+m.floor[1] > 50_000_000_000_000 }

// code draws the code of an abort: any legal one, those with a meaning of their
// own more often.
func (m *maker) code() string {
	if m.chance(50) {
		return m.pick("1", "2", "3", "4", "5", "42", "147", "1018", "65535", "65534", "256", "255")
	}
	return strconv.Itoa(1 + m.r.IntN(65535))
}

// amount draws what a role transfers.
func (m *maker) amount(from outcome.Role) string {
	own := m.amounts[from.Index()]
	switch m.r.IntN(12) {
	case 0:
		return "0"
	case 1:
		return strconv.FormatInt(own-m.reserve, 10)
	case 2:
		return strconv.FormatInt(own-m.reserve+1, 10)
	case 3:
		return strconv.FormatInt(own, 10)
	case 4:
		return m.pick("9007199254740993", "18446744073709551616", "115792089237316195423570985008687907853269984665640564039457584007913129639936")
	case 5:
		return strconv.FormatInt(1+m.r.Int64N(max(own/2, 1)), 10)
	}
	return m.small()
}

// small draws an amount that a role can nearly always pay.
func (m *maker) small() string { return m.pick("1", "1", "2", "3", "7", "100") }

// channel draws the connection parameters of the case: legal ones.
func (m *maker) channel() {
	m.amounts = [2]int64{70_000_000_000_000, 40_000_000_000_000}
	m.reserve = 2
	switch kind := m.r.IntN(6); {
	case kind < 2 && closing[m.target.State]: // a close costs more than that
	case kind == 0:
		m.amounts, m.reserve = [2]int64{1000, 1000}, 0
	case kind == 1:
		m.amounts, m.reserve = [2]int64{5_000_000, 12}, 10
	case kind == 2:
		m.amounts, m.reserve = [2]int64{100_000_000_000_000, 100_000_000_000_000}, 1000
	}
	push := m.pick("0", "1", "1", "1", strconv.FormatInt(m.amounts[0]/3, 10))
	m.params = []string{
		fmt.Sprintf("initiator_amount: %d", m.amounts[0]), fmt.Sprintf("responder_amount: %d", m.amounts[1]),
		"push_amount: " + push, fmt.Sprintf("channel_reserve: %d", m.reserve),
		"lock_period: " + m.pick("1", "2", "3", "10"),
		"keep_running: " + m.pick("false", "false", "true"),
	}
	p, _ := strconv.ParseInt(push, 10, 64)
	m.amounts[0] -= p
	m.amounts[1] += p
	m.floor = m.amounts
	if m.timers = m.chance(15); m.timers {
		m.params = append(m.params, "timeouts: {sign: 600ms, accept: 500ms, funding_sign: 500ms, funding_create: 500ms, funding_lock: 4s, idle: 2s}")
	}
	var extra []string
	if slow[m.target.State] {
		extra = append(extra, "minimum_depth: 8", "minimum_depth_strategy: plain")
	} else if m.chance(15) {
		// With txfee the number is the root of what the fee asks for: 1 would be
		// some 17,000 blocks and 2 more than a hundred (ws-api 2.3).
		depth := m.r.IntN(4)
		if m.chance(50) {
			extra = append(extra, "minimum_depth: "+[]string{"0", "1", "5", "40"}[depth], "minimum_depth_strategy: plain")
		} else {
			extra = append(extra, "minimum_depth: "+[]string{"0", "5", "7", "10"}[depth], "minimum_depth_strategy: txfee")
		}
	}
	if m.chance(8) {
		m.params = append(m.params, "keep_alive: "+m.pick("5ms", "30ms", "200ms"))
	}
	if m.chance(8) {
		extra = append(extra, "msg_forwarding: true")
	}
	if m.chance(8) {
		extra = append(extra, m.pick(`slogan: "fuzz \u00e9 \U0001F600"`, "slogan: x"))
	}
	if len(extra) > 0 {
		m.params = append(m.params, "params: {"+strings.Join(extra, ", ")+"}")
	}
	if !slow[m.target.State] && m.chance(10) {
		i := m.r.IntN(2)
		m.roles[i] = append(m.roles[i], "minimum_depth: "+m.pick("1", "4", "30"), "minimum_depth_strategy: plain")
	}
	if !m.timers && m.chance(12) { // it takes the initiator three seconds to try again
		m.params = append(m.params, "first: initiator")
	}
}

// move is one kind of thing that a case can do.
type move struct {
	name   string
	weight int
	do     func(*maker)
	// fresh moves need no channel; the others get one.
	fresh bool
}

// body draws the steps. Each case uses a few kinds of moves and leaves the
// others out, so that some cases do much of one thing.
func (m *maker) body() {
	if m.chance(6) {
		m.refusedOpening()
	}
	kinds := slices.Clone(moves)
	m.r.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	kinds = kinds[:2+m.r.IntN(5)]
	if m.timers && m.chance(60) {
		kinds = append(kinds, move{weight: 10, do: (*maker).timer})
	}
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	if m.target != (model.Cell{}) {
		m.aim()
	}
	for range 1 + m.r.IntN(7) {
		at := m.r.IntN(total)
		for _, k := range kinds {
			if at -= k.weight; at < 0 {
				if !k.fresh {
					m.open()
				}
				k.do(m)
				break
			}
		}
		if m.chance(20) {
			m.open()
			m.honestMove()
		}
	}
	m.end()
}

// open brings a channel up where there is none.
func (m *maker) open() {
	if m.up {
		return
	}
	if len(m.steps) == 0 {
		m.calm = true
		m.honest("open:", "timeout: 12s")
	} else {
		m.any("open:", "timeout: 8s")
		m.calm = false
	}
	m.up = true
}

// end looks at the channel once more, and ends it.
func (m *maker) end() {
	if !m.up {
		m.any("both: stop", "timeout: 500ms")
		return
	}
	if !m.calm {
		// Long enough to tell a node that owes something from a slow one.
		m.step(act(m.role(), "balances"), "expect: any")
	}
	for _, r := range outcome.Roles {
		m.honest(act(r, "balances"))
		m.honest(act(r, "{message: \"at the end\"}"))
	}
	m.transfer(m.role(), "1")
	m.honest(act(m.role(), "state"))
	switch m.r.IntN(5) {
	case 0:
		m.any(act(m.role(), "close"), "timeout: 8s")
	case 1:
		r := m.role()
		m.honestStop(r)
		m.any(act(r.Peer(), "stop"), "timeout: 2s")
	default:
		m.any("both: stop", "timeout: 2s")
	}
}

// ended notes that the channel is gone, or may be.
func (m *maker) ended() { m.up, m.calm = false, false }
