package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// turncoat is a resolver whose names change: each look-up of a name gives the
// next of its addresses, and the last one for ever.
type turncoat struct {
	mu    sync.Mutex
	names map[string][]string
	asked int
}

func (r *turncoat) lookup(_ context.Context, name string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	list := r.names[name]
	if len(list) == 0 {
		return nil, errors.New("no such host")
	}
	if len(list) > 1 {
		r.names[name] = list[1:]
	}
	return []netip.Addr{netip.MustParseAddr(list[0])}, nil
}

func TestEveryDialLooksAtTheAddressAgain(t *testing.T) {
	r := &turncoat{names: map[string][]string{
		"rebinds": {"127.0.0.1", "192.0.2.1"},
		"allowed": {"192.0.2.1", "192.0.2.2"},
	}}
	var dialled []string
	g := guard{lookup: r.lookup, dialer: func(_ context.Context, _, addr string) (net.Conn, error) {
		dialled = append(dialled, addr)
		near, far := net.Pipe()
		far.Close()
		return near, nil
	}}
	for _, c := range []struct {
		name  string
		hosts []string // of --allow-host
		want  bool
	}{
		{"rebinds", nil, true},
		{"rebinds", nil, false},
		{"rebinds", nil, false},
		{"allowed", []string{"192.0.2.1"}, true},
		{"allowed", []string{"192.0.2.1"}, false}, // the address was allowed, not the name
		{"allowed", []string{"allowed"}, true},
	} {
		g.hosts = c.hosts
		conn, err := g.Dial(t.Context(), "tcp", c.name+":1")
		if (err == nil) != c.want {
			t.Errorf("dial %s with --allow-host %v: %v", c.name, c.hosts, err)
		}
		if _, refused := errors.AsType[*refusedError](err); refused == c.want {
			t.Errorf("dial %s with --allow-host %v: %v", c.name, c.hosts, err)
		}
		if conn != nil {
			conn.Close()
		}
	}
	if got := strings.Join(dialled, " "); got != "127.0.0.1:1 192.0.2.1:1 192.0.2.2:1" {
		t.Errorf("dialled %s: what was looked at and what was dialled differ", got)
	}
}

// The sentences of the rules, one by one: which hosts, which network.
func TestTargetRules(t *testing.T) {
	names := map[string]string{"here": "127.0.0.1", "far": "192.0.2.1", "half": "127.0.0.1 192.0.2.1"}
	for _, c := range []struct {
		rule      string
		node      string
		allow     []string
		networkID string
		mainnet   bool
		want      string // "" when the run may take place
		network   string
	}{
		{"loopback is always allowed", "ws://127.0.0.1:1", nil, "", false, "", "ae_dev"},
		{"by name, too", "ws://here:1", nil, "", false, "", "ae_dev"},
		{"and by version 6", "ws://[::1]:1", nil, "local_x", false, "", "local_x"},
		{"any other host is named", "ws://far:1", nil, "ae_uat", false, "far is 192.0.2.1, which is not on this machine", ""},
		{"one address elsewhere is enough", "ws://half:1", nil, "ae_uat", false, "half is 192.0.2.1", ""},
		{"its network is known", "ws://far:1", []string{"far"}, "", false, "the network of a node elsewhere must be known", ""},
		{"both together", "ws://far:1", []string{"far"}, "ae_uat", false, "", "ae_uat"},
		{"mainnet is allowed extra, elsewhere", "ws://far:1", []string{"far"}, mainnet, false, "the network is ae_mainnet", ""},
		{"and here", "ws://here:1", nil, mainnet, false, "the network is ae_mainnet", ""},
		{"which does not allow the host", "ws://far:1", nil, mainnet, true, "far is 192.0.2.1", ""},
		{"mainnet", "ws://far:1", []string{"far"}, mainnet, true, "", mainnet},
		{"a name that leads nowhere", "ws://nowhere:1", nil, "", false, "no such host", ""},
	} {
		s := &settings{
			runOptions: &runOptions{allowHosts: c.allow, allowMainnet: c.mainnet},
			urls:       [2]string{"ws://127.0.0.1:1", c.node}, networkID: c.networkID,
		}
		where, err := s.target(t.Context(), &Command{Lookup: book(names)})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.rule, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.rule, err, c.want)
		case c.want == "" && where.networkID != c.network:
			t.Errorf("%s: network %s, want %s", c.rule, where.networkID, c.network)
		}
	}
}

// A name that leads to this machine while the run is checked, and elsewhere
// afterwards, gives no connection: neither at first nor when a side comes back.
func TestANameThatRebindsIsRefusedWhenDialling(t *testing.T) {
	t.Parallel()
	node, err := startNode("--block-time", "100ms")
	if err != nil {
		t.Fatal(err)
	}
	defer node.stop()
	u, err := url.Parse(node.url)
	if err != nil {
		t.Fatal(err)
	}
	here, there := "127.0.0.1", "192.0.2.1"
	run := func(addresses []string, want int) *call {
		t.Helper()
		r := &turncoat{names: map[string][]string{"rebinds.test": addresses}}
		var c call
		cmd := Command{Stdin: strings.NewReader(""), Stdout: &c.stdout, Stderr: &c.stderr, Lookup: r.lookup, Program: program}
		file := write(t, "chanbot: 1\nname: comes-back\nsteps:\n- open:\n- initiator: {disconnect: close}\n- initiator: reconnect\n- both: stop\n  expect: [done, died, disconnected]\n")
		if code := cmd.Main([]string{"run", file, "--node", "ws://rebinds.test:" + u.Port(), "--out", t.TempDir()}); code != want {
			t.Errorf("%v: exit code %d, want %d\n%s%s", addresses, code, want, c.stdout.String(), c.stderr.String())
		}
		if r.asked < 2 {
			t.Errorf("%v: the name was looked up %d times", addresses, r.asked)
		}
		return &c
	}
	run([]string{here}, exitPassed)
	if c := run([]string{here, there}, exitNotRun); !strings.Contains(c.stderr.String(), "refused: rebinds.test is 192.0.2.1, which is not on this machine") {
		t.Errorf("at the first dial: %s", c.stderr.String())
	}
	if c := run([]string{here, here, here, there}, exitFailed); !strings.Contains(c.stdout.String(), "rebinds.test is 192.0.2.1") {
		t.Errorf("at the dial of the reconnecting side:\n%s", c.stdout.String())
	}
}
