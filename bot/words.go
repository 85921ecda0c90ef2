package bot

import (
	"fmt"
	"strings"

	"chanbot/outcome"
	"chanbot/strategy"
)

// Label says in a few words what a step does, as "initiator: transfer 1".
func Label(s *strategy.Step) string {
	who := ""
	switch s.Who.Party {
	case strategy.Initiator:
		who = "initiator"
	case strategy.Responder:
		who = "responder"
	case strategy.Both:
		who = "both"
	}
	if s.Who.Socket > 1 {
		who += fmt.Sprintf(".%d", s.Who.Socket)
	}
	if who != "" {
		who += ": "
	}
	return who + actionWords(&s.Action)
}

func actionWords(a *strategy.Action) string {
	kind := string(a.Kind)
	switch a.Kind {
	case outcome.Open:
		return kind + untilWords(a.Until)
	case outcome.Transfer:
		text := fmt.Sprintf("%s %s", kind, a.Amount)
		if a.From != "" || a.To != "" {
			text += fmt.Sprintf(" from %s to %s", orElse(string(a.From), "itself"), orElse(string(a.To), "the peer"))
		}
		return text
	case outcome.Deposit, outcome.Withdraw:
		return fmt.Sprintf("%s %s", kind, a.Amount)
	case strategy.Post:
		if len(a.Tx) <= 40 {
			return kind + " " + a.Tx
		}
	case outcome.Message:
		return fmt.Sprintf("%s %q", kind, a.Info)
	case strategy.Reply:
		return kind + " " + a.Reply.Tag
	case outcome.Disconnect:
		return kind + " " + a.Cut.String()
	case outcome.Wait:
		switch {
		case a.Wait.Frame != nil:
			return kind + " for " + a.Wait.Frame.Name
		case a.Wait.Blocks > 0:
			return fmt.Sprintf("%s for %d blocks", kind, a.Wait.Blocks)
		}
		return kind + " " + a.Wait.For.String()
	case outcome.Blocks:
		if a.MicroBlocks > 0 {
			return fmt.Sprintf("%s: %d micro", kind, a.MicroBlocks)
		}
		return fmt.Sprintf("%s: %d", kind, a.KeyBlocks)
	case strategy.Repeat:
		if a.Times > 0 {
			return fmt.Sprintf("%s %d times", kind, a.Times)
		}
		return kind + " for " + a.For.String()
	case strategy.Choose:
		return fmt.Sprintf("%s one of %d", kind, len(a.Choices))
	case strategy.Parallel:
		return fmt.Sprintf("%s: %d branches", kind, len(a.Branches))
	}
	return kind
}

func untilWords(until *[2]*strategy.FrameName) string {
	if until == nil {
		return ""
	}
	i, r := until[0], until[1]
	switch {
	case i != nil && r != nil && i.Name == r.Name:
		return " until " + i.Name
	case i != nil && r != nil:
		return " until " + i.Name + " and " + r.Name
	case i != nil:
		return " until " + i.Name
	case r != nil:
		return " until " + r.Name
	}
	return ""
}

// words says in words which outcomes are expected, "" for any.
func words(x *strategy.Expect) string {
	if x == nil {
		return ""
	}
	if x.Any() {
		return "any end"
	}
	parts := make([]string, len(x.Outcomes))
	for i, w := range x.Outcomes {
		parts[i] = w.Kind.String()
		if w.HasCode {
			parts[i] += fmt.Sprintf(" %d", w.Code)
		}
		if w.By != outcome.ByNobody {
			parts[i] += " by " + w.By.String()
		}
	}
	return strings.Join(parts, " or ")
}

// frameWords says in words what a side must and must not see.
func frameWords(rule *strategy.FrameRule) string {
	var parts []string
	for _, m := range rule.Must {
		parts = append(parts, m.Name)
	}
	for _, n := range rule.Not {
		parts = append(parts, "no "+n.Name)
	}
	return strings.Join(parts, ", ")
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
