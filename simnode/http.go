package simnode

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"chanbot/tx"
)

// Port is one of the HTTP ports of a real node (http-api 1).
type Port uint8

const (
	// ExternalPort has the operations for everybody; 3013 on a real node.
	ExternalPort Port = iota + 1
	// InternalPort has the /v3/debug operations; 3113 on a real node, which
	// serves them only if its configuration says so.
	InternalPort
	// DevModePort has /emit_kb and /emit_mb of the developer-mode plugin
	// aeplugin_dev_mode, which is no part of the node; 3313 beside a real one.
	DevModePort
	// ChannelPort has /channel, the WebSocket; 3014 on a real node.
	ChannelPort
)

// HTTP returns a handler for the node's HTTP API (http-api) on the given ports.
// Without any it serves all of them at one address, the channels included: the
// paths do not collide, except that a real node's external port does not know
// those of the others. A path that the ports do not have is answered with 404
// and an empty body.
//
// Each handler remembers which transactions were posted through it lately, so one
// that the pool has dropped is still known, as on a real node. Not copied are the
// limits on connections and on requests at a time (http-api 1).
func (n *Node) HTTP(ports ...Port) http.Handler {
	a := &api{node: n, posted: newRecent[tx.Hash, struct{}](keptTransactions)}
	for _, r := range apiRoutes() {
		if len(ports) == 0 || slices.Contains(ports, r.port) {
			r.segments = strings.Split(r.pattern, "/")
			a.routes = append(a.routes, r)
		}
	}
	a.channel = len(ports) == 0 || slices.Contains(ports, ChannelPort)
	return a
}

// api serves the HTTP operations of a node.
type api struct {
	node    *Node
	routes  []apiRoute
	channel bool

	mu     sync.Mutex // guards posted
	posted recent[tx.Hash, struct{}]
}

// apiRoute is one operation. A {} in the pattern stands for one segment.
type apiRoute struct {
	port     Port
	method   string
	pattern  string
	segments []string
	serve    func(*api, apiCall) apiAnswer
}

// apiCall is a request as an operation sees it.
type apiCall struct {
	args  []string // the segments for which {} stands
	query url.Values
	body  []byte
}

// apiAnswer is what an operation says. A nil body is an empty one.
type apiAnswer struct {
	status int
	body   any
}

// object is a JSON object; it is written with its keys in alphabetical order.
type object map[string]any

func answered(body any) apiAnswer { return apiAnswer{http.StatusOK, body} }

// denied is an answer of an operation that was understood and refused
// (http-api 2); some have no code.
func denied(status int, reason, code string) apiAnswer {
	body := object{"reason": reason}
	if code != "" {
		body["error_code"] = code
	}
	return apiAnswer{status, body}
}

// invalid is the answer to a request that does not fit the schema (http-api 2).
func invalid(parameter string, info object) apiAnswer {
	return apiAnswer{http.StatusBadRequest, object{"reason": "validation_error", "parameter": parameter, "info": info}}
}

// maxBody bounds the body of a request (http-api 1, load limits).
const maxBody = 5_000_000

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.channel && r.URL.Path == "/channel" {
		a.node.ServeHTTP(w, r)
		return
	}
	height, _ := a.node.chain.top()
	h := w.Header()
	h.Set("Server", "Cowboy")
	h.Set("X-Ae-Height", strconv.FormatUint(height, 10))
	allowOrigin(h, r)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusOK)
		return
	}
	ans := a.answer(h, r)
	if ans.body == nil {
		w.WriteHeader(ans.status)
		return
	}
	body, err := encodeAnswer(ans.body, r.URL.Query().Get("int-as-string") == "true")
	if err != nil {
		a.node.log.Error("answer cannot be encoded", "path", r.URL.Path, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(ans.status)
	if _, err := w.Write(body); err != nil {
		a.node.log.Debug("client is gone before its answer", "path", r.URL.Path, "error", err)
	}
}

// answer finds the operation and makes the checks that come before all of them,
// in the order of the node's server: path, method, accept, content type, flags.
func (a *api) answer(h http.Header, r *http.Request) apiAnswer {
	var route *apiRoute
	var call apiCall
	var allowed []string
	for i := range a.routes {
		args, ok := a.routes[i].match(r.URL.Path)
		if !ok {
			continue
		}
		allowed = append(allowed, a.routes[i].method)
		if a.routes[i].method == r.Method {
			route, call.args = &a.routes[i], args
		}
	}
	switch {
	case len(allowed) == 0:
		return apiAnswer{status: http.StatusNotFound}
	case route == nil:
		h.Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
		return apiAnswer{status: http.StatusMethodNotAllowed}
	case !acceptsJSON(r):
		return apiAnswer{status: http.StatusNotAcceptable}
	case r.Method == http.MethodPost && !sendsJSON(r):
		return apiAnswer{status: http.StatusUnsupportedMediaType}
	}
	call.query = r.URL.Query()
	if flag := call.query.Get("int-as-string"); flag != "" && flag != "true" && flag != "false" {
		return apiAnswer{status: http.StatusInternalServerError}
	}
	if r.Method == http.MethodPost {
		var err error
		if call.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
			return invalid("", object{"data": "", "error": "invalid_body"})
		}
		if len(call.body) > maxBody {
			// The node echoes the body; the beginning of it will do.
			return invalid("", object{"data": string(call.body[:1024]), "error": "body_too_big"})
		}
	}
	return route.serve(a, call)
}

// match compares a path, with or without a slash at its end, and returns what
// stands for the {} of the pattern.
func (r *apiRoute) match(path string) (args []string, ok bool) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(segments) != len(r.segments) {
		return nil, false
	}
	for i, want := range r.segments {
		switch {
		case want == "{}":
			args = append(args, segments[i])
		case want != segments[i]:
			return nil, false
		}
	}
	return args, true
}

func acceptsJSON(r *http.Request) bool {
	accept := r.Header.Values("Accept")
	if len(accept) == 0 {
		return true
	}
	for kind := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.TrimSpace(strings.ToLower(kind)) {
		case "*/*", "application/*", "application/json", "":
			return true
		}
	}
	return false
}

func sendsJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// allowOrigin lets pages of any origin read the answers (http-api 1, CORS).
func allowOrigin(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
	h.Set("Access-Control-Max-Age", "1800")
	h.Set("Access-Control-Expose-Headers", "retry-after, x-ae-height")
	h.Set("Vary", "origin")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
}

// encodeAnswer writes JSON; asText turns every integer into a string (http-api 1).
func encodeAnswer(body any, asText bool) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil || !asText {
		return b, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(integersAsText(v))
}

func integersAsText(v any) any {
	switch v := v.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return v.String()
		}
	case []any:
		for i := range v {
			v[i] = integersAsText(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = integersAsText(v[k])
		}
	}
	return v
}

// readHash reads an identifier of a path, or says what is wrong with it
// (http-api 2): invalid_prefix for one of another type, else invalid_encoding.
func readHash(text, reason string, prefixes ...tx.Prefix) (tx.Prefix, tx.Hash, *apiAnswer) {
	p, payload, err := tx.Decode(text)
	code := ""
	switch {
	case err != nil || len(payload) != len(tx.Hash{}):
		code = "invalid_encoding"
	case !slices.Contains(prefixes, p):
		code = "invalid_prefix"
	default:
		return p, tx.Hash(payload), nil
	}
	bad := denied(http.StatusBadRequest, reason, code)
	return p, tx.Hash{}, &bad
}
