package strategy_test

import (
	"encoding/json"
	"testing"

	"chanbot/outcome"
	"chanbot/scenarios"
	"chanbot/strategy"
)

// walk visits the steps inside steps.
func walk(steps []strategy.Step, visit func(*strategy.Step)) {
	for i := range steps {
		visit(&steps[i])
		walk(steps[i].Action.Steps, visit)
		for _, b := range steps[i].Action.Branches {
			walk(b, visit)
		}
		for _, c := range steps[i].Action.Choices {
			walk(c.Steps, visit)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range append(fixtures(f, "ok/*.yaml"), fixtures(f, "err/*.yaml")...) {
		f.Add(read(f, file), "amount", "1")
	}
	for _, name := range scenarios.Names() {
		src, _ := scenarios.Scenario(name)
		f.Add(src, "", "")
	}
	f.Fuzz(func(t *testing.T, src []byte, name, value string) {
		opts := strategy.Options{ResolveStrategy: builtin}
		if name != "" {
			opts.Set = map[string]string{name: value}
		}
		_, problems := strategy.ParseStrategy("s.yaml", src, opts)
		_ = problems.Error()
		sc, problems := strategy.Parse("x.yaml", src, opts)
		if len(problems) > 101 {
			t.Errorf("%d problems", len(problems))
		}
		for _, p := range problems {
			if p.Pos.File == "" {
				t.Errorf("no file in %q", p.Message)
			}
			_ = p.String()
		}
		if sc == nil {
			if len(problems) == 0 {
				t.Error("no scenario and no problem")
			}
			return
		}
		// What was read can be used without a panic, and without problems it is whole.
		whole := len(problems) == 0
		source := strategy.NewSource(1, nil)
		walk(sc.Steps, func(st *strategy.Step) {
			for _, r := range outcome.Roles {
				draw := source.Stream(0, r, "sign")
				for _, tag := range []string{"update", "update_ack", "initiator_sign"} {
					moves := strategy.Decide(sc.Layers(r, st, nil, nil), strategy.Request{Role: r, Tag: tag, Nth: 1, StepNth: 1}, draw)
					if len(moves) == 0 {
						t.Error("no move")
					}
					for _, m := range moves {
						if whole && m.Kind == strategy.MoveAbort && !json.Valid(m.Code) {
							t.Errorf("abort code %q", m.Code)
						}
					}
				}
			}
			if !whole {
				return
			}
			a := st.Action
			if a.Kind == "" {
				t.Errorf("%v: a step without an action", st.Pos)
			}
			if a.Kind == outcome.Transfer && a.Amount == nil {
				t.Errorf("%v: a transfer without an amount", st.Pos)
			}
			if a.Params != nil && !json.Valid(a.Params) {
				t.Errorf("%v: params %q", st.Pos, a.Params)
			}
			if a.Send != nil && a.Send.Frame != nil && !json.Valid(a.Send.Frame) {
				t.Errorf("%v: frame %q", st.Pos, a.Send.Frame)
			}
		})
	})
}
