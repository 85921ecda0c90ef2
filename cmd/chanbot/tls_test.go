package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chanbot/accounts"
	"chanbot/simnode"
)

// authority is a private certificate authority.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate in PEM form
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	a := &authority{key: key}
	der := a.sign(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "chanbot test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, &key.PublicKey)
	a.cert = must(x509.ParseCertificate(der))
	a.file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (a *authority) sign(t *testing.T, c *x509.Certificate, key *ecdsa.PublicKey) []byte {
	t.Helper()
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent := a.cert
	if parent == nil {
		parent = c
	}
	return must(x509.CreateCertificate(rand.Reader, c, parent, key, a.key))
}

// server is the certificate of a host.
func (a *authority) server(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(2), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, name)
		}
	}
	return tls.Certificate{Certificate: [][]byte{a.sign(t, c, &key.PublicKey)}, PrivateKey: key}
}

// gate is a node behind TLS that lets nobody in without a header, as a proxy
// in front of a node may.
type gate struct {
	node http.Handler
	mu   sync.Mutex
	seen map[string]int // requests by path and what they carried
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Authorization")
	g.mu.Lock()
	g.seen[r.URL.Path+" "+key+" "+strings.Join(r.Header.Values("X-Trace"), ",")]++
	g.mu.Unlock()
	if key != "Bearer wonderland" {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	g.node.ServeHTTP(w, r)
}

func serveTLS(t *testing.T, cert tls.Certificate) (*httptest.Server, *gate) {
	t.Helper()
	node := simnode.New(simnode.Config{Blocks: simnode.Interval, KeyBlockEvery: 10 * time.Millisecond})
	for _, k := range accounts.Derive(1, 2) {
		node.Endow(k.ID(), plenty)
	}
	g := &gate{node: node.HTTP(), seen: map[string]int{}}
	s := httptest.NewUnstartedServer(g)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail on purpose
	s.StartTLS()
	t.Cleanup(func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s, g
}

func TestANodeBehindTLSWithAPrivateAuthority(t *testing.T) {
	t.Parallel()
	ours, other := newAuthority(t), newAuthority(t)
	s, g := serveTLS(t, ours.server(t, "127.0.0.1"))
	wss, https := "wss"+strings.TrimPrefix(s.URL, "https"), s.URL
	key := []string{"--header", "Authorization: Bearer wonderland"}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // on standard error or output
	}{
		{"trusted, with the header", append(key, "--ca", ours.file, "--header", "x-trace: a", "--header", "X-Trace: b", "--api", https), exitPassed, "passed"},
		{"only the system's authorities", key, exitNotRun, "--ca names a certificate of your own"},
		{"another authority", append(key, "--ca", other.file), exitNotRun, "certificate signed by unknown authority"},
		{"without the header", []string{"--ca", ours.file}, exitNotRun, "HTTP 401 Unauthorized instead of a WebSocket"},
		{"an API of another authority", append(key, "--ca", other.file, "--api", https), exitNotRun, "certificate signed by unknown authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var run call
			code := run.main(append([]string{"run", "open-and-stop", "--node", wss, "--timeout", "2m", "--out", t.TempDir()}, c.args...)...)
			said := run.stdout.String() + run.stderr.String()
			if code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, c.code, c.want, said)
			}
			if strings.Contains(said, "wonderland") {
				t.Errorf("the value of the header is shown:\n%s", said)
			}
		})
	}
	for _, path := range []string{"/channel", "/v3/status"} {
		if g.seen[path+" Bearer wonderland a,b"] == 0 {
			t.Errorf("%s never came with both headers: %v", path, g.seen)
		}
	}
}

func TestACertificateOfAnotherHost(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t)
	s, _ := serveTLS(t, ours.server(t, "elsewhere.test"))
	var run call
	code := run.main("run", "open-and-stop", "--node", "wss"+strings.TrimPrefix(s.URL, "https"), "--ca", ours.file, "--timeout", "2m", "--out", t.TempDir())
	if code != exitNotRun || !strings.Contains(run.stderr.String(), "certificate") {
		t.Errorf("exit code %d: %s", code, run.stderr.String())
	}
}

func TestTheValueOfAHeaderIsNotInTheManifest(t *testing.T) {
	ours := newAuthority(t)
	s, _ := serveTLS(t, ours.server(t, "127.0.0.1"))
	out := t.TempDir()
	var run call
	if code := run.main("run", "open-and-stop", "--node", "wss"+strings.TrimPrefix(s.URL, "https"), "--ca", ours.file,
		"--header", "Authorization: Bearer wonderland", "--transcript", out, "--record", out, "--out", out); code != exitPassed {
		t.Fatalf("exit code %d: %s", code, run.stderr.String())
	}
	files := 0
	err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "wonderland") {
			t.Errorf("%s holds the value of a header", path)
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestHeadersThatCannotBeSent(t *testing.T) {
	for text, want := range map[string]string{
		"x":                      "no name and value",
		": x":                    "no name and value",
		"a b: secret":            "cannot be that of a header",
		"héader: secret":         "cannot be that of a header",
		"X: secret\r\nEvil: yes": "X: its value holds a control character",
		"upgrade: secret":        "Upgrade: the handshake has that one already",
		"sec-websocket-key: s":   "the handshake has that one already",
	} {
		_, err := parseHeaders([]string{"Fine: yes", text})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	h, err := parseHeaders([]string{"a: 1", "A:2", "Empty:"})
	if err != nil || strings.Join(h["A"], ",") != "1,2" || len(h["Empty"]) != 1 {
		t.Errorf("%v, %v", h, err)
	}
}
