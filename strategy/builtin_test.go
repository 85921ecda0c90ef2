package strategy_test

import (
	"fmt"
	"strings"
	"testing"

	"chanbot/outcome"
	"chanbot/scenarios"
	"chanbot/strategy"
)

// builtin resolves the embedded strategies.
func builtin(name string) (string, []byte, error) {
	src, ok := scenarios.Strategy(name)
	if !ok {
		return "", nil, fmt.Errorf("unknown; the built-in ones are %s", strings.Join(scenarios.StrategyNames(), ", "))
	}
	return "builtin:" + name + ".yaml", src, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestEveryEmbeddedFileIsRight(t *testing.T) {
	for _, e := range scenarios.List() {
		t.Run(e.File, func(t *testing.T) {
			if e.Kind == scenarios.KindStrategy {
				src, _ := scenarios.Strategy(e.Name)
				st, problems := strategy.ParseStrategy(e.File, src, strategy.Options{})
				if problems != nil {
					t.Fatal(problems)
				}
				if st.Name != e.Name || oneLine(st.Description) != e.Description {
					t.Errorf("got name %q, description %q; want %q, %q", st.Name, st.Description, e.Name, e.Description)
				}
				return
			}
			src, _ := scenarios.Scenario(e.Name)
			sc, problems := strategy.Parse(e.File, src, strategy.Options{ResolveStrategy: builtin})
			if problems != nil {
				t.Fatal(problems)
			}
			if sc.Name != e.Name || oneLine(sc.Description) != e.Description {
				t.Errorf("got name %q, description %q; want %q, %q", sc.Name, sc.Description, e.Name, e.Description)
			}
		})
	}
}

func TestTheSeedScenario(t *testing.T) {
	src, _ := scenarios.Scenario("can-not-abort-while-open")
	sc, problems := strategy.Parse("seed.yaml", src, strategy.Options{})
	if problems != nil {
		t.Fatal(problems)
	}
	if sc.Channel.First != outcome.Initiator || sc.Channel.InitiatorAmount.String() != "70000000000000" || sc.Channel.KeepRunning {
		t.Errorf("channel %+v", sc.Channel)
	}
	var got []string
	for _, st := range sc.Steps {
		got = append(got, fmt.Sprint(st.Who.Role(), " ", st.Action.Kind, " ", st.Action.Amount, " ", st.Action.Info))
	}
	want := []string{
		" open <nil> ", "initiator message <nil> Hello", "responder message <nil> Hello back", "initiator balances <nil> ",
		" open <nil> ", "initiator transfer 1 ", "responder transfer 1 ", "initiator transfer 1 ",
		"responder stop <nil> ", "initiator stop <nil> ",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	late := strategy.Decide(sc.Layers(outcome.Initiator, &sc.Steps[7], nil, nil), strategy.Request{Role: outcome.Initiator, Tag: "update"}, nil)
	if len(late) != 2 || late[0].Kind != strategy.MoveAccept || late[1].Kind != strategy.MoveAbort || string(late[1].Code) != "42" ||
		!late[1].Expect.Match(outcome.Outcome{Kind: outcome.Rejected, Code: 1018}) {
		t.Errorf("late abort: %+v", late)
	}
}
