package strategy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
)

func TestAmountsOfAnySizeKeepTheirDigits(t *testing.T) {
	const large = "123456789012345678901234567890123456789"
	sc := scenario(t, "channel: {initiator_amount: "+large+", push_amount: 007}\nsteps: [{initiator: {transfer: "+large+"}}, {initiator: {send: {frame: {n: "+large+", f: 1.50, x: 0x10, y: yes}}}}]")
	if got := sc.Channel.InitiatorAmount.String(); got != large {
		t.Errorf("initiator_amount %s", got)
	}
	if got := sc.Channel.PushAmount.String(); got != "7" {
		t.Errorf("push_amount %s", got)
	}
	if got := sc.Steps[0].Action.Amount.String(); got != large {
		t.Errorf("transfer %s", got)
	}
	if got, want := string(sc.Steps[1].Action.Send.Frame), `{"n":`+large+`,"f":1.50,"x":16,"y":"yes"}`; got != want {
		t.Errorf("frame %s, want %s", got, want)
	}
}

func TestVariablesAreTypedAgainAndOverridden(t *testing.T) {
	src := "chanbot: 1\nname: test\nvars: {amount: 1, code: 42, wait: 20ms, flag: false}\n" + `
channel: {keep_running: "${flag}", timeouts: {sign: "${wait}"}, push_amount: "${amount}0"}
steps:
  - initiator: {transfer: "${amount}"}
    sign: {update: {abort: "${code}"}}
    id: "${flag}"
  - initiator: {message: "costs $${amount}: ${amount}"}
  - initiator: {send: {frame: {n: "${amount}", s: "1"}}}
`
	sc, problems := Parse("test.yaml", []byte(src), Options{Set: map[string]string{"amount": "7", "flag": "true"}})
	if problems != nil {
		t.Fatal(problems)
	}
	if !sc.Channel.KeepRunning || sc.Channel.Timeouts["sign"] != 20*time.Millisecond || sc.Channel.PushAmount.String() != "70" {
		t.Errorf("channel %+v", sc.Channel)
	}
	st := sc.Steps[0]
	if st.Action.Amount.String() != "7" || string(st.Sign.ByTag["update"].Code) != "42" || st.ID.Mode != IDAlways {
		t.Errorf("step %+v", st)
	}
	if got := sc.Steps[1].Action.Info; got != "costs ${amount}: 7" {
		t.Errorf("message %q", got)
	}
	if got := string(sc.Steps[2].Action.Send.Frame); got != `{"n":7,"s":"1"}` {
		t.Errorf("frame %s", got)
	}
	if sc.Vars["amount"] != "7" || sc.Vars["code"] != "42" {
		t.Errorf("vars %v", sc.Vars)
	}
	_, problems = Parse("test.yaml", []byte(src), Options{Set: map[string]string{"amuont": "7"}})
	if want := `--set: unknown variable "amuont"; expected one of amount, code, flag, wait (did you mean amount?)`; problems.Error() != want {
		t.Errorf("got %v, want %s", problems, want)
	}
}

func TestChannelHasTheValuesOfTheRecordedSession(t *testing.T) {
	c := scenario(t, "steps: [open]").Channel
	got := fmt.Sprint(c.InitiatorAmount, c.ResponderAmount, c.PushAmount, c.ChannelReserve, c.LockPeriod, c.KeepRunning, len(c.Timeouts), c.First)
	if want := fmt.Sprint("70000000000000 40000000000000 1 2 10 false 0 ", outcome.NoRole); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParametersKeepTheirOrderAndNullLeavesOut(t *testing.T) {
	sc := scenario(t, `
channel: {params: {slogan: hi, push_amount: -1, host: null, lock_period: 1e3}}
responder: {params: {role: null, "": x}}
steps: [{initiator: {open: {params: {initiator_id: $other}}}}]`)
	var got []string
	for _, p := range append(append(sc.Channel.Params, sc.Responder.Params...), sc.Steps[0].Action.Query...) {
		got = append(got, fmt.Sprintf("%s=%s %v %d", p.Name, p.Value, p.Omit, p.Pos.Line))
	}
	want := "slogan=hi false 4|push_amount=-1 false 4|host= true 4|lock_period=1e3 false 4|role= true 5|=x false 5|initiator_id=$other false 6"
	if strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
}

func TestUntilIsForASideOrBoth(t *testing.T) {
	sc := scenario(t, `
steps:
  - open
  - open: {until: fsm_up}
  - open: {until: {responder: sign.responder_sign}}
  - initiator: {open: {until: fsm_up}}`)
	var got []string
	for _, st := range sc.Steps {
		u := st.Action.Until
		if u == nil {
			got = append(got, "end")
			continue
		}
		got = append(got, fmt.Sprint(u[0], " ", u[1]))
	}
	if want := "end|fsm_up fsm_up|<nil> sign.responder_sign|fsm_up <nil>"; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
}

func TestFrameNames(t *testing.T) {
	for _, c := range []struct {
		name, full string
		want       bool
	}{
		{"info fsm_up", "info fsm_up", true},
		{"fsm_up", "info fsm_up", true},
		{"channel_changed", "on_chain_tx channel_changed", true},
		{"funding_created", "info funding_created", true},
		{"funding_created", "on_chain_tx funding_created", true},
		{"responder_sign", "sign.responder_sign", true},
		{"update", "update", true},
		{"update", "info update", false},
		{"update", "sign.update", false},
		{"info update", "info update", true},
		{"sign.update", "sign.update", true},
		{"conflict", "conflict 42", true},
		{"conflict 42", "conflict 42", true},
		{"conflict 42", "conflict 2", false},
		{"error", "error 1018", true},
		{"result", "result ok", true},
		{"result", "result", true},
		{"close", "close 1000", true},
		{"close 1011", "close 1000", false},
		{"timeout", "conflict timeout", false},
	} {
		if got := (FrameName{Name: c.name}).Matches(c.full); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.name, c.full, got, c.want)
		}
	}
}

func TestExpectations(t *testing.T) {
	sc := scenario(t, `
steps:
  - initiator: {transfer: 1}
    expect: [signed, {conflict: 2}, {timeout: , by: node}]`)
	e := sc.Steps[0].Expect
	for _, c := range []struct {
		o    outcome.Outcome
		want bool
	}{
		{outcome.Outcome{Kind: outcome.Signed, Round: 2}, true},
		{outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode}, true},
		{outcome.Outcome{Kind: outcome.Conflict, Code: 42}, false},
		{outcome.Outcome{Kind: outcome.Timeout, Code: 3, By: outcome.ByNode}, true},
		{outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByBot}, false},
		{outcome.Outcome{Kind: outcome.Done}, false},
	} {
		if got := e.Match(c.o); got != c.want {
			t.Errorf("%v: %v, want %v", c.o, got, c.want)
		}
	}
	var nothing *Expect
	if !nothing.Match(outcome.Outcome{Kind: outcome.Died}) {
		t.Error("no expectation refuses an outcome")
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{
		"400/s":   {Count: 400, Per: time.Second},
		"0.5/s":   {Count: 5, Per: 10 * time.Second},
		"30/m":    {Count: 30, Per: time.Minute},
		"3/10s":   {Count: 3, Per: 10 * time.Second},
		"1.25/ms": {Count: 125, Per: 100 * time.Millisecond},
		"20 / s":  {Count: 20, Per: time.Second},
	} {
		if got, ok := parseRate(text); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "400", "/s", "400/", "-1/s", "1/0s", "1e3/s", "1/99999999999999s", "1/d"} {
		if got, ok := parseRate(text); ok {
			t.Errorf("%q is no rate, but %v", text, got)
		}
	}
}

func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		text string
		want Threshold
	}{
		{"p99(transfer.response) < 50ms", Threshold{Func: "quantile", Quantile: 0.99, Operation: outcome.Transfer, Op: "<", Limit: 50e6}},
		{"p99.9(all.service)<=1s", Threshold{Func: "quantile", Quantile: 0.999, Clock: outcome.Service, Op: "<=", Limit: 1e9}},
		{"p999(message.wait) != 0s", Threshold{Func: "quantile", Quantile: 0.999, Operation: outcome.Message, Clock: outcome.Waiting, Op: "!="}},
		{"max(transfer.response) < 1s", Threshold{Func: "max", Operation: outcome.Transfer, Op: "<", Limit: 1e9}},
		{"share(signed) > 80%", Threshold{Func: "share", Kind: outcome.Signed, Op: ">", Limit: 0.8}},
		{"share(transfer.signed) > 99.5%", Threshold{Func: "share", Operation: outcome.Transfer, Kind: outcome.Signed, Op: ">", Limit: 0.995}},
		{"count(violation) == 0", Threshold{Func: "count", Kind: outcome.Violation, Op: "=="}},
		{"rate(signed) >= 300/s", Threshold{Func: "rate", Kind: outcome.Signed, Op: ">=", Limit: 300}},
		{"p99(transfer.response, last=30s) < 50ms", Threshold{Func: "quantile", Quantile: 0.99, Operation: outcome.Transfer, Last: 30 * time.Second, Op: "<", Limit: 50e6}},
		{"share(signed,last=1m30s) > 80%", Threshold{Func: "share", Kind: outcome.Signed, Last: 90 * time.Second, Op: ">", Limit: 0.8}},
		{"rate(signed) >= 30/m", Threshold{Func: "rate", Kind: outcome.Signed, Op: ">=", Limit: 0.5}},
	} {
		c.want.Text = c.text
		got, err := ParseThreshold(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
}

func TestThresholdErrorsSayWhere(t *testing.T) {
	for text, want := range map[string][2]int{
		"p42x(transfer.response) < 1s":            {1, 28},
		" p1000(transfer.response) < 1s":          {2, 5},
		"p99(transfre.response) < 1s":             {5, 17},
		"p99(transfer.latency) < 1s":              {5, 16},
		"share(sined) > 1%":                       {7, 5},
		"share(signed) > 1":                       {17, 1},
		"  count(signed) == -1é":                  {20, 3},
		"p99(transfer.response, last=30) < 1s":    {29, 2},
		"p99(transfer.response, last=1h) < 1s":    {29, 2},
		"p99(transfer.response, last=) < 1s":      {29, 1},
		"p99(transfer.response, last=30s) < 10":   {36, 2},
		"p99(transfer.response, first=30s) < 10s": {1, 39},
	} {
		_, err := ParseThreshold(text)
		wrong, ok := errors.AsType[*ThresholdError](err)
		if !ok || wrong.Col != want[0] || wrong.Width != want[1] {
			t.Errorf("%s: %+v, want column and width %v", text, err, want)
		}
	}
	src := "chanbot: 1\nname: x\nsteps: [open]\nthresholds:\n  - p99(transfer.respons) < 1s\n  - \"share(sined) > 1%\"\n  - >-\n    share(sined) > 1%\n"
	_, problems := Parse("x.yaml", []byte(src), Options{})
	for i, want := range []Pos{{"x.yaml", 5, 9}, {"x.yaml", 6, 12}, {"x.yaml", 7, 5}} {
		if len(problems) != 3 || problems[i].Pos != want {
			t.Fatalf("problem %d, want %v:\n%v", i, want, problems)
		}
	}
}

func TestAFileHasLimits(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for about, src := range map[string]string{
		"larger than":   "chanbot: 1\nname: x\nsteps: [open]\n# " + strings.Repeat("x", maxFile),
		"nested more":   "chanbot: 1\nname: x\nsteps: [{initiator: {send: {frame: " + deep + "}}}]",
		"of variables":  "chanbot: 1\nname: x\nvars: {v: " + strings.Repeat("x", 5000) + "}\ntags: [" + strings.Repeat(`"${v}",`, 1000) + "]\nsteps: [open]",
		"values, alias": "chanbot: 1\nname: x\ntags: [" + strings.Repeat("x,", maxNodes) + "]\nsteps: [open]",
		"and 28 more":   "chanbot: 1\nname: x\nsteps:\n" + strings.Repeat("- opne:\n", 64),
	} {
		_, problems := Parse("x.yaml", []byte(src), Options{})
		if !strings.Contains(problems.Error(), about) {
			t.Errorf("%s is not among %d problems: %.300s", about, len(problems), problems.Error())
		}
		if len(problems) > shownProblems+1 {
			t.Errorf("%s: %d problems", about, len(problems))
		}
	}
}

// A file with a character that YAML does not take is told where that is, and does
// not drive the terminal.
func TestCharactersThatYAMLDoesNotTake(t *testing.T) {
	for text, want := range map[string]string{
		"chanbot: 1\nname: x\nsteps:\n  - fo\x1bo: 1\n":                                "x.yaml:4:7: not YAML: control characters are not allowed\n  |\n4 |   - fo o: 1\n  |       ^",
		"chanbot: 1\nname: é\u009bx\n":                                                 "x.yaml:2:8: not YAML: control characters are not allowed\n  |\n2 | name: é x\n  |        ^",
		"chanbot: 1\nname: \ufffe\n":                                                   "x.yaml:2:7: not YAML: control characters are not allowed\n  |\n2 | name: \ufffe\n  |       ^",
		"chanbot: 1\nname: caf\xe9 au lait\ndescription: latin1\n":                     "x.yaml:2:10: not YAML: ",
		"chanbot: 1\nname: \"a\\u009bb\"\n":                                            "x.yaml:1:1: a scenario needs steps or load\n  |\n1 | chanbot: 1\n  | ^\nx.yaml:2:7: the name ",
		"chanbot: 1\nname: x\nsteps: [open: ]\nchannel: {params: {\"a\\e[2J\": []}}\n": "x.yaml:4:30: the parameter a [2J must be a single value",
	} {
		_, problems := Parse("x.yaml", []byte(text), Options{})
		got := problems.Error()
		if !strings.HasPrefix(got, want) || strings.ContainsAny(got, "\x1b\u009b") {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}
