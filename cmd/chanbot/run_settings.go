package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"chanbot/outcome"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// Bounds of the numbers.
const (
	maxPairs      = 100_000
	maxIterations = 1_000_000
)

// settings checks the flags against each other and reads their values. All
// mistakes are reported at once.
func (o *runOptions) settings() (*settings, error) {
	s := &settings{runOptions: o, networkID: o.networkID}
	wrong := o.conflicts()
	take := func(err error) {
		if one, ok := err.(complaint); ok { //nolint:errorlint // our own, never wrapped
			wrong = append(wrong, one)
		}
	}
	take(s.readNodes())
	take(s.readValues())
	take(s.readRoles())
	take(s.readAPI())
	take(s.readTLS())
	take(s.readPrometheus())
	if list, ok := s.readLoad().(complaints); ok { //nolint:errorlint // our own, never wrapped
		wrong = append(wrong, list...)
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return s, nil
}

// conflicts finds flags that make no sense together, and numbers that make no
// sense at all.
func (o *runOptions) conflicts() complaints {
	var wrong complaints
	add := func(bad bool, hint, format string, args ...any) {
		if bad {
			wrong = append(wrong, misuse(hint, format, args...))
		}
	}
	given := o.given.Changed
	embedded := o.node == "embedded" && o.initiatorNode == "" && o.responderNode == ""
	add(!embedded && given("era"), "leave it out; a node is what it is", "--era is for the embedded node only")
	add(!embedded && given("defect"), "leave it out; a node is what it is", "--defect is for the embedded node only")
	for _, name := range o.defects {
		if w, unknown := noDefect("--defect", name); unknown {
			wrong = append(wrong, w)
		}
	}
	for _, name := range []string{"api", "ca", "header", "allow-host", "allow-mainnet"} {
		add(embedded && given(name), "give --node URL, or leave --"+name+" out", "--%s is for a node of your own, and this run uses the embedded one", name)
	}
	add(o.initiatorNode != "" && o.responderNode == "" && !given("node"), "give --responder-node too, or --node for both",
		"--initiator-node says nothing about the node of the responder")
	add(o.responderNode != "" && o.initiatorNode == "" && !given("node"), "give --initiator-node too, or --node for both",
		"--responder-node says nothing about the node of the initiator")
	add(o.node == "embedded" && given("node") && !embedded, "leave --node out", "--node embedded and --initiator-node or --responder-node exclude each other")
	add(o.pairs < 1 || o.pairs > maxPairs, "", "--pairs %d: expected 1 to %d", o.pairs, maxPairs)
	add(o.iterations < 1 || o.iterations > maxIterations, "", "--iterations %d: expected 1 to %d", o.iterations, maxIterations)
	add(o.timeout <= 0, "", "--timeout %v: expected a time above zero, such as 30s", o.timeout)
	add(o.patience <= 0, "", "--patience %v: expected a time above zero, such as 10s", o.patience)
	add(o.grace <= 0, "", "--grace %v: expected a time above zero, such as 10s", o.grace)
	add(given("responder-port") && (o.responderPort < 1 || o.responderPort > 65535), "", "--responder-port %d: expected 1 to 65535", o.responderPort)
	add(o.out == "", "the default is runs", "--out needs a folder")
	return wrong
}

func (s *settings) readNodes() error {
	s.urls = [2]string{s.initiatorNode, s.responderNode}
	s.embedded = true
	for i := range s.urls {
		if s.urls[i] == "" {
			s.urls[i] = s.node
		}
		if s.urls[i] == "embedded" {
			s.urls[i] = ""
			continue
		}
		s.embedded = false
		u, err := url.Parse(s.urls[i])
		switch {
		case err != nil || u.Host == "" || u.Hostname() == "":
			return misuse("write it like ws://127.0.0.1:3014", "%q is no URL of a node", s.urls[i])
		case u.Scheme != "ws" && u.Scheme != "wss":
			return misuse("the channel API of a node is at ws://HOST:3014 by default, and behind a proxy often at wss://HOST", "%q is no WebSocket URL", s.urls[i])
		case u.User != nil:
			return misuse("use --header for credentials; a URL ends up in results", "the URL of the node holds a password")
		case u.RawQuery != "" || u.Fragment != "":
			return misuse("give connection parameters with --param", "%q holds more than the address of a node", s.urls[i])
		}
	}
	return nil
}

// readAPI refuses what is no URL of an HTTP API.
func (s *settings) readAPI() error {
	if s.api == "" {
		return nil
	}
	client, err := apiClient(s.api, nil, nil, nil, 0)
	if err == nil {
		client.Close()
	}
	return err
}

func (s *settings) readValues() error {
	var err error
	if s.set, err = pairs("--set", s.runOptions.set); err != nil {
		return err
	}
	params, err := pairs("--param", s.runOptions.params)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		s.params = append(s.params, strategy.Param{Name: name, Value: params[name]})
	}
	if s.first, err = outcome.ParseRole(s.runOptions.first); err != nil {
		return misuse("", "--first %s: expected initiator or responder", s.runOptions.first)
	}
	if s.era, err = parseEra(s.runOptions.era); err != nil {
		return err
	}
	if s.form, err = tx.ParseForm(s.sign); err != nil {
		return misuse("current nodes take both", "--sign %s: expected raw or hash", s.sign)
	}
	s.level, err = parseLevel(s.logLevel)
	return err
}

func parseEra(text string) (simnode.Era, error) {
	switch text {
	case "", "current":
		return simnode.EraCurrent, nil
	case "2020":
		return simnode.Era2020, nil
	}
	return 0, misuse("", "--era %s: expected current or 2020", text)
}

func parseLevel(text string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return 0, misuse("", "--log-level %s: expected debug, info, warn or error", text)
	}
	return level, nil
}

func (s *settings) readRoles() error {
	roles, err := pairs("--strategy", s.strategies)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		role, err := outcome.ParseRole(name)
		if err != nil {
			return misuse("write --strategy responder=aborter", "--strategy %s=%s: %q is neither initiator nor responder", name, roles[name], name)
		}
		s.roles[role.Index()] = roles[name]
	}
	return nil
}

func (s *settings) readTLS() error {
	var err error
	if s.header, err = parseHeaders(s.headers); err != nil || s.ca == "" {
		return err
	}
	if !strings.HasPrefix(s.urls[0], "wss:") && !strings.HasPrefix(s.urls[1], "wss:") && !strings.HasPrefix(s.api, "https:") {
		return misuse("leave it out, or use a wss:// URL", "--ca is for wss:// nodes only")
	}
	s.tls, err = readRoots(s.ca)
	return err
}

// adapt applies --strategy to a scenario and refuses what this run cannot do.
func (s *settings) adapt(src source, sc *strategy.Scenario) error {
	for _, role := range outcome.Roles {
		name := s.roles[role.Index()]
		if name == "" {
			continue
		}
		file, text, err := src.strategies(name)
		if err != nil {
			return misuse("chanbot scenarios lists the built-in ones", "--strategy %s=%s: %v", role, name, err)
		}
		st, problems := strategy.ParseStrategy(file, text, strategy.Options{ResolveStrategy: src.strategies})
		if len(problems) > 0 {
			return misuse("", "%v", problems)
		}
		standing := sc.Standing(role)
		standing.Strategy, standing.Sign = st, strategy.Answers{}
	}
	if err := s.adaptLoad(src, sc); err != nil {
		return err
	}
	if !s.embedded && sc.Node != nil && !sc.Node.Optional {
		return misuse("leave --node out, or write optional: true into it if the scenario also makes sense without",
			"%s: node: sets up the embedded node, and this run uses another one", sc.Node.Pos)
	}
	return nil
}

// options are the flags that were given, for the manifest; values of headers
// are left out.
func (o *runOptions) options() map[string]string {
	m := make(map[string]string)
	o.given.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			m[f.Name] = f.Value.String()
		}
	})
	if _, ok := m["header"]; ok {
		names := make([]string, len(o.headers))
		for i, h := range o.headers {
			names[i], _, _ = strings.Cut(h, ":")
		}
		m["header"] = fmt.Sprint(names)
	}
	return m
}
