package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// guard decides which hosts may be connected to: those on the loopback
// interface, and those that were named. It looks at resolved addresses, so a
// name that points elsewhere than it seems to is refused, and it connects to
// the address that it looked at.
type guard struct {
	hosts []string // of --allow-host
	// lookup resolves a name; nil uses the system's resolver.
	lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// dialer connects to an address that was found good; nil uses a net.Dialer.
	dialer func(ctx context.Context, network, addr string) (net.Conn, error)
}

// refusedError says that the guard does not let a host through.
type refusedError struct {
	host string
	addr netip.Addr
}

func (e *refusedError) Error() string {
	if e.host == e.addr.String() {
		return e.host + " is not on this machine, and --allow-host does not name it"
	}
	return fmt.Sprintf("%s is %s, which is not on this machine, and --allow-host does not name it", e.host, e.addr)
}

// named says that the user allowed a host under this name.
func (g *guard) named(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return slices.ContainsFunc(g.hosts, func(h string) bool {
		h = strings.Trim(strings.TrimSuffix(strings.ToLower(h), "."), "[]")
		if a, err := netip.ParseAddr(h); err == nil {
			b, err := netip.ParseAddr(name)
			return err == nil && a.Unmap() == b.Unmap()
		}
		return h == name
	})
}

// addresses resolves host and returns its addresses if it may be connected to
// at every one of them, and whether any is not on this machine.
func (g *guard) addresses(ctx context.Context, host string) (addrs []netip.Addr, remote bool, err error) {
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = []netip.Addr{a}
	} else {
		lookup := g.lookup
		if lookup == nil {
			lookup = func(ctx context.Context, name string) ([]netip.Addr, error) {
				return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
			}
		}
		if addrs, err = lookup(ctx, host); err != nil {
			return nil, false, err
		}
	}
	if len(addrs) == 0 {
		return nil, false, fmt.Errorf("%s has no address", host)
	}
	for _, a := range addrs {
		if a.Unmap().IsLoopback() {
			continue
		}
		remote = true
		if !g.named(host) && !g.named(a.Unmap().WithZone("").String()) {
			return nil, true, &refusedError{host: host, addr: a}
		}
	}
	return addrs, remote, nil
}

// Dial connects to an address of the host that is allowed. Nothing is dialled
// when one of them is not.
func (g *guard) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	addrs, _, err := g.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	dial := g.dialer
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	var all []error
	for _, a := range addrs {
		conn, err := dial(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		all = append(all, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(all...)
}
