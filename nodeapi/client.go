package nodeapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Options say how a [Client] works. The zero value suits a real node.
type Options struct {
	// DialContext makes connections; nil uses a net.Dialer. A guard that decides
	// which hosts may be connected to goes here.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// Transport replaces the client's own one, and DialContext with it. It
	// should not keep idle connections for 5 s: the node closes them then.
	Transport http.RoundTripper
	// Header is sent with every request; Host in it takes the place of the URL's.
	Header http.Header
	// Timeout is for one attempt; default 15 s.
	Timeout time.Duration
	// Attempts is how often a request is sent in all, if the node is overloaded
	// or the connection breaks; default 5.
	Attempts int
	// InFlight is how many requests are on their way at once, others wait;
	// default 16, what a node answers without refusing some (http-api 1).
	InFlight int
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Timeout <= 0 {
		d.Timeout = 15 * time.Second
	}
	if d.Attempts <= 0 {
		d.Attempts = 5
	}
	if d.InFlight <= 0 {
		d.InFlight = 16
	}
	if d.Transport == nil {
		d.Transport = &http.Transport{
			DialContext:         d.DialContext,
			MaxIdleConnsPerHost: d.InFlight,
			IdleConnTimeout:     4 * time.Second, // the node closes them after 5
			TLSHandshakeTimeout: 10 * time.Second,
			ForceAttemptHTTP2:   true,
		}
	}
	d.Header = d.Header.Clone()
	return d
}

const (
	maxAnswer  = 32 << 20 // the whole pool of a busy node
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second
)

// Client talks to one port of a node. Its methods may be called at the same
// time; they wait for the answer, for a free place among the requests in
// flight, and between attempts, but no longer than their context. Requests that
// get no answer, or 503, are sent again: all of them change nothing, or nothing
// more, when they arrive twice, except those that make blocks.
type Client struct {
	base   string // without a slash at the end
	opts   Options
	http   *http.Client
	places chan struct{} // one for each request in flight
}

// New returns a client of the port at base, such as http://127.0.0.1:3013. The
// operations of the internal port and of the developer-mode plugin need clients
// of their own on a real node, where these have other ports. Close frees the
// connections.
func New(base string, o *Options) (*Client, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, errors.New("the URL of the node's API is no URL") // the error could repeat a password
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("%q is no http:// or https:// URL", u.Redacted())
	case u.User != nil:
		return nil, errors.New("the URL of the node's API holds a user; send credentials in a header")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q: the URL of a node's API has neither a query nor a fragment", base)
	}
	opts := o.withDefaults()
	return &Client{
		base: strings.TrimRight(u.String(), "/"),
		opts: opts,
		http: &http.Client{
			Transport: opts.Transport,
			// A redirect could lead away from the host that was allowed.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		places: make(chan struct{}, opts.InFlight),
	}, nil
}

// URL is the address of the port.
func (c *Client) URL() string { return c.base }

// Close drops the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// request is one operation.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	once         bool // must not arrive twice
}

func (r *request) name() string { return r.method + " " + r.path }

// answer is what came back with status 200.
type answer struct {
	request *request
	body    []byte
	top     uint64 // height of the chain when the request came in; 0 if not said
}

// malformed says what is wrong with the answer.
func (a *answer) malformed(err error) error {
	return &MalformedError{Request: a.request.name(), Reason: err.Error(), Body: excerpt(a.body)}
}

func (c *Client) get(ctx context.Context, path string, query url.Values) (*answer, error) {
	return c.do(ctx, &request{method: http.MethodGet, path: path, query: query})
}

// do sends a request until it is answered, refused or given up. The error is
// an *Error, a *MalformedError, or one that wraps that of the connection or of
// the context.
func (c *Client) do(ctx context.Context, r *request) (*answer, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		a, err := c.attempt(ctx, r)
		if err == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", r.name(), context.Cause(ctx))
		}
		wait, again := worthRepeating(err, r.once)
		if !again || attempt >= c.opts.Attempts {
			return nil, err
		}
		if err := sleep(ctx, min(max(wait, pause), maxPause)); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name(), err)
		}
		pause *= 2
	}
}

// worthRepeating tells whether another attempt may work, and when the server
// wants it.
func worthRepeating(err error, once bool) (wait time.Duration, again bool) {
	if refused, ok := errors.AsType[*Error](err); ok {
		switch refused.Status {
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
			return refused.RetryAfter, true
		case http.StatusBadGateway, http.StatusGatewayTimeout: // a proxy's
			return refused.RetryAfter, !once
		}
		return 0, false
	}
	if _, ok := errors.AsType[*MalformedError](err); ok {
		return 0, false
	}
	return 0, !once
}

// sleep waits, or returns why the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Client) attempt(ctx context.Context, r *request) (*answer, error) {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, fmt.Errorf("no answer within %v", c.opts.Timeout))
	defer cancel()
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name(), err)
	}
	if r.once { // without GetBody the transport does not send it again either
		req.Body, req.GetBody = io.NopCloser(bytes.NewReader(nil)), nil
	}
	maps.Copy(req.Header, c.opts.Header)
	req.Host = cmp.Or(c.opts.Header.Get("Host"), req.Host)
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, broken(ctx, r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols { // what follows is no body, and ends with the connection only
		return nil, refusalOf(r, resp, nil)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, broken(ctx, r, err)
	}
	if len(body) > maxAnswer {
		return nil, &MalformedError{Request: r.name(), Reason: fmt.Sprintf("more than %d MiB", maxAnswer>>20), Body: excerpt(body)}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusalOf(r, resp, body)
	}
	a := &answer{request: r, body: body}
	// An answer without the height is no mistake: it is missing at the start.
	a.top, _ = strconv.ParseUint(resp.Header.Get("X-Ae-Height"), 10, 64)
	return a, nil
}

// broken names the request instead of the URL, and a time-out as what it is.
func broken(ctx context.Context, r *request, err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("%s: %w", r.name(), err)
}
