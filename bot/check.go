package bot

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/strategy"
)

// withDefaults returns a copy in which every field has its value.
func (c Config) withDefaults() Config {
	if c.ResponderNode == "" {
		c.ResponderNode = c.InitiatorNode
	}
	if c.NetworkID == "" {
		c.NetworkID = "ae_dev"
	}
	if c.Pairs == 0 && c.Scenario != nil && c.Scenario.Load != nil {
		c.Pairs = c.Scenario.Load.Pairs
	}
	if c.Pairs == 0 {
		c.Pairs = 1
	}
	if c.Iterations == 0 {
		c.Iterations = 1
	}
	if c.First == outcome.NoRole {
		c.First = outcome.Responder
	}
	if c.Timeout == 0 {
		c.Timeout = 60 * time.Second
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
		if c.Scenario != nil && c.Scenario.Load != nil {
			c.Patience = 2 * c.Timeout
		}
	}
	if c.Grace == 0 {
		c.Grace = 10 * time.Second
	}
	if c.ResponderHost == "" {
		c.ResponderHost = "localhost"
	}
	if c.ResponderPort == 0 {
		c.ResponderPort = 13179
	}
	if c.MaxInFlightSetups <= 0 {
		c.MaxInFlightSetups = 10
	}
	if c.KeepAlive == 0 {
		c.KeepAlive = 25 * time.Second
	}
	if c.Started.IsZero() {
		c.Started = time.Now()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.NewRun(metrics.Options{CountsOnly: c.CountsOnly})
	}
	if c.Gauge == nil {
		c.Gauge = new(metrics.Gauge)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// check returns the URLs of the two nodes, and all that cannot be run.
func (c *Config) check() (nodes [2]string, err error) {
	var errs []error
	for i, text := range []string{c.InitiatorNode, c.ResponderNode} {
		node, err := nodeURL(text)
		if err != nil {
			errs = append(errs, err)
		}
		nodes[i] = node
	}
	if nodes[0] == nodes[1] && len(errs) == 2 {
		errs = errs[:1]
	}
	if c.Pairs < 0 || c.Iterations < 0 {
		errs = append(errs, fmt.Errorf("%d pairs and %d iterations; neither can be negative", c.Pairs, c.Iterations))
	}
	if c.Scenario == nil {
		return nodes, errors.Join(append(errs, errors.New("no scenario"))...)
	}
	if have, each := len(c.Keys), 2*c.Scenario.AccountPairs(); have < each*c.Pairs {
		errs = append(errs, fmt.Errorf("%d accounts for %d pairs; %d for each pair are needed", have, c.Pairs, each))
	}
	s := c.Scenario
	if s.Load == nil && len(s.Steps) == 0 {
		errs = append(errs, fmt.Errorf("%s: the scenario has no steps", s.Pos))
	}
	if s.Node != nil && !s.Node.Optional && c.Embedded == nil {
		errs = append(errs, fmt.Errorf("%s: these settings are for the embedded node; this is another one, and they are not optional", s.Node.Pos))
	}
	steps := stepsOf(s)
	for i := range steps {
		errs = append(errs, c.runnable(&steps[i])...)
	}
	for _, st := range standings(s) {
		errs = append(errs, runnableAnswers(st.Sign)...)
		if st.Strategy != nil {
			errs = append(errs, runnableAnswers(st.Strategy.Sign)...)
		}
	}
	if s.Load != nil {
		for i := range s.Load.Phases {
			errs = append(errs, runnableAnswers(s.Load.Phases[i].Sign)...)
		}
	}
	return nodes, errors.Join(errs...)
}

// standings returns what holds for the roles in the scenario and in its phases.
func standings(s *strategy.Scenario) (all []*strategy.Standing) {
	for _, r := range outcome.Roles {
		all = append(all, s.Standing(r))
	}
	if s.Load != nil {
		for i := range s.Load.Phases {
			all = append(all, &s.Load.Phases[i].Initiator, &s.Load.Phases[i].Responder)
		}
	}
	return all
}

// nodeURL returns the URL of a node without query, with the path /channel when
// it has none.
func nodeURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("node %q: %w", text, err)
	case u.Scheme != "ws" && u.Scheme != "wss":
		return "", fmt.Errorf("node %q: not a ws:// or wss:// URL", text)
	case u.Host == "":
		return "", fmt.Errorf("node %q: no host", text)
	case u.RawQuery != "":
		return "", fmt.Errorf("node %q: connection parameters belong into the scenario", text)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/channel"
	}
	u.Fragment = ""
	return u.String(), nil
}

// runnable says what of a step cannot be run.
func (c *Config) runnable(s *strategy.Step) (errs []error) {
	a := &s.Action
	switch a.Kind {
	case outcome.Open, outcome.Transfer, outcome.Message, outcome.Balances, outcome.State, outcome.Proof,
		outcome.History, outcome.Ping, outcome.Deposit, outcome.Withdraw, outcome.Close, outcome.Leave,
		outcome.CloseSolo, outcome.Slash, outcome.Settle, outcome.Snapshot, outcome.ForceProgress,
		strategy.CreateContract, strategy.CallContract, strategy.DryRun, strategy.ContractCall, strategy.Contract, strategy.CleanCalls,
		strategy.AssumeMinimumDepth, outcome.Reestablish, outcome.Stop,
		outcome.Send, strategy.Reply, outcome.Disconnect, outcome.Reconnect,
		strategy.Repeat, strategy.Choose, strategy.Parallel:
	case strategy.Post:
		if c.API == nil {
			errs = append(errs, fmt.Errorf("%s: to post needs the node's HTTP API (--api URL)", s.Pos))
		}
	case outcome.Wait:
		if a.Wait.Blocks > 0 && (c.API == nil || c.API.Height == nil) {
			errs = append(errs, c.canMine(s)...)
		}
	case outcome.Blocks:
		errs = append(errs, c.canMine(s)...)
	default:
		errs = append(errs, fmt.Errorf("%s: the action %s is not runnable yet", s.Pos, a.Kind))
	}
	for i := range a.Steps {
		errs = append(errs, c.runnable(&a.Steps[i])...)
	}
	for _, choice := range a.Choices {
		for i := range choice.Steps {
			errs = append(errs, c.runnable(&choice.Steps[i])...)
		}
	}
	for _, branch := range a.Branches {
		for i := range branch {
			errs = append(errs, c.runnable(&branch[i])...)
		}
	}
	return append(errs, runnableAnswers(s.Sign)...)
}

func (c *Config) canMine(s *strategy.Step) []error {
	if c.Embedded == nil || c.Embedded.KeyBlocks == nil || s.Action.MicroBlocks > 0 && c.Embedded.MicroBlock == nil {
		return []error{fmt.Errorf("%s: only the embedded node makes blocks when it is told to", s.Pos)}
	}
	return nil
}

// runnableAnswers says what of the answers of a layer cannot be done.
func runnableAnswers(a strategy.Answers) (errs []error) {
	for _, byTag := range []map[string]*strategy.Answer{a.ByTag, a.ByRole[0], a.ByRole[1]} {
		for _, answer := range byTag {
			errs = append(errs, runnableAnswer(answer)...)
		}
	}
	return errs
}

func runnableAnswer(a *strategy.Answer) (errs []error) {
	if a == nil {
		return nil
	}
	if a.Kind == strategy.AnswerPropose {
		if _, nothing := trackOf(a.Propose).(quietTrack); nothing {
			errs = append(errs, fmt.Errorf("%s: %s cannot be proposed", a.Pos, a.Propose.Kind))
		}
	}
	for _, item := range a.Items {
		errs = append(errs, runnableAnswer(item)...)
	}
	for _, choice := range a.Choices {
		errs = append(errs, runnableAnswer(choice.Do)...)
	}
	return append(errs, runnableAnswer(a.Then)...)
}
