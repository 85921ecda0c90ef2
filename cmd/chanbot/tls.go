package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"chanbot/nodeapi"
)

// ownHeaders are those of the handshake itself.
var ownHeaders = []string{"Connection", "Upgrade", "Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Version"}

// parseHeaders reads the values of --header. Their values may be secret, so a
// complaint repeats a name at most.
func parseHeaders(list []string) (http.Header, error) {
	var header http.Header
	for _, h := range list {
		name, value, found := strings.Cut(h, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !found || name == "":
			return nil, misuse("write --header 'Name: value'", "--header: there is no name and value in it")
		case strings.ContainsFunc(name, notInToken):
			return nil, misuse("a name has letters, digits and hyphens", "--header: the name of one cannot be that of a header")
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return nil, misuse("is there a line break at its end?", "--header %s: its value holds a control character", canonical)
		case slices.Contains(ownHeaders, canonical):
			return nil, misuse("leave it out", "--header %s: the handshake has that one already", canonical)
		}
		if header == nil {
			header = make(http.Header)
		}
		header.Add(canonical, value)
	}
	return header, nil
}

// notInToken says that a character cannot be in the name of a header (RFC 9110,
// 5.6.2).
func notInToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// readRoots reads the certificates of --ca. They replace those of the system.
func readRoots(path string) (*tls.Config, error) {
	pem, err := readFile(path)
	if err != nil {
		return nil, badFile(path, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, misuse("", "%s: no certificate in PEM form in this file", path)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// apiTransport connects through the guard. roots is nil for those of the system.
func apiTransport(g *guard, roots *tls.Config) *http.Transport {
	if roots == nil {
		roots = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return &http.Transport{
		DialContext: g.Dial, MaxIdleConnsPerHost: 16, IdleConnTimeout: 4 * time.Second,
		TLSClientConfig: roots.Clone(), TLSHandshakeTimeout: 10 * time.Second,
	}
}

// apiClient returns a client of a node's HTTP API that connects through the
// guard. roots is nil for those of the system, attempts 0 for the usual number.
func apiClient(base string, g *guard, roots *tls.Config, header http.Header, attempts int) (*nodeapi.Client, error) {
	client, err := nodeapi.New(base, &nodeapi.Options{Header: header, Attempts: attempts, Transport: apiTransport(g, roots)})
	if err != nil {
		return nil, misuse("the HTTP API of a node is at http://HOST:3013 by default", "--api: %v", err)
	}
	return client, nil
}
