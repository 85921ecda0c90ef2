package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestMeasurementsAreServedWhileARunGoesOn(t *testing.T) {
	t.Parallel()
	said, errs := io.Pipe()
	page := make(chan string, 1)
	go func() {
		defer close(page)
		defer io.Copy(io.Discard, said) //nolint:errcheck // until the run is over
		line, _ := bufio.NewReader(said).ReadString('\n')
		_, url, found := strings.Cut(strings.TrimSpace(line), "metrics     ")
		if !found {
			page <- "no address: " + line
			return
		}
		for { // until something is measured
			req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
			if err != nil {
				page <- err.Error()
				return
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				page <- err.Error()
				return
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusServiceUnavailable {
				page <- url + "\n" + string(body)
				return
			}
		}
	}()
	runSlow(t, &Command{Stderr: errs}, "--prometheus", ":0")
	errs.Close()
	got := <-page
	url, _, _ := strings.Cut(got, "\n")
	addr, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	if !strings.HasPrefix(addr, "127.0.0.1:") {
		t.Errorf("without a host it listens at %s", addr)
	}
	for _, want := range []string{"chanbot_operations_under_way", `chanbot_stage{stage="load"}`, "process_cpu_seconds_total"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not served:\n%s", want, got)
		}
	}
	var d net.Dialer
	if conn, err := d.DialContext(t.Context(), "tcp", addr); err == nil {
		conn.Close()
		t.Error("it is served after the run")
	}
}

func TestAnAddressForPrometheusThatCannotBe(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for addr, want := range map[string]struct {
		code int
		text string
	}{
		"9464":                  {exitUsage, "missing port in address\nhint: write it like 127.0.0.1:9464"},
		"127.0.0.1:":            {exitUsage, "no port"},
		taken.Addr().String():   {exitNotRun, "address already in use\nhint: --prometheus :0 takes a free port"},
		"127.0.0.1:notservice9": {exitNotRun, "--prometheus"},
	} {
		errs := new(bytes.Buffer)
		c := Command{Stdout: io.Discard, Stderr: errs}
		if code := c.Main([]string{"run", "transfers", "--out", t.TempDir(), "--prometheus", addr}); code != want.code || !strings.Contains(errs.String(), want.text) {
			t.Errorf("--prometheus %s: exit code %d, want %d and %q\n%s", addr, code, want.code, want.text, errs)
		}
	}
}
