package nodeapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A proxy in front of several nodes tells them apart by the host of the request,
// which is no header of Go's.
func TestHostOfTheHeaders(t *testing.T) {
	var got string
	c, err := New("http://127.0.0.1:1", &Options{Attempts: 1, Header: http.Header{"Host": {"node.example.org"}, "X-Other": {"1"}}, Transport: tripper(func(r *http.Request) {
		got = r.Host + " " + r.Header.Get("X-Other")
		if err := r.Write(io.Discard); err != nil {
			t.Error(err)
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Height(t.Context()); err != nil || got != "node.example.org 1" {
		t.Errorf("host and header are %q, %v", got, err)
	}
}

type tripper func(*http.Request)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"height":1}`)), Request: r}, nil
}
