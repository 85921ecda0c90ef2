package main

import (
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"chanbot/simnode"
)

// The client that loads nodes opens channels and makes transfers on them.
func TestChannels(t *testing.T) {
	node := simnode.New(simnode.Config{Endow: big.NewInt(1e15)})
	server := httptest.NewServer(node.HTTP())
	t.Cleanup(func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	process := &nodeProcess{url: strings.Replace(server.URL, "http://", "ws://", 1), networkID: node.NetworkID()}
	all, err := openChannels(t.Context(), process, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer all.close()
	if n := node.Channels(); n != 6 {
		t.Errorf("%d machines for 3 channels", n)
	}
	if err := all.each(5); err != nil {
		t.Fatal(err)
	}
	n, took, err := all.transfers(50*time.Millisecond, 0)
	if err != nil || n == 0 || took < 50*time.Millisecond {
		t.Errorf("%d transfers in %v, %v", n, took, err)
	}
	if all.done() != 15+n {
		t.Errorf("%d transfers in all, want %d", all.done(), 15+n)
	}
}

func TestChannelsSayWhatWentWrong(t *testing.T) {
	node := simnode.New(simnode.Config{}) // nobody has coins
	server := httptest.NewServer(node.HTTP())
	t.Cleanup(func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	process := &nodeProcess{url: strings.Replace(server.URL, "http://", "ws://", 1), networkID: node.NetworkID()}
	if all, err := openChannels(t.Context(), process, 2); err == nil {
		all.close()
		t.Error("channels without coins are open")
	} else if !strings.Contains(err.Error(), "open 2 channels: ") {
		t.Errorf("error %v", err)
	}
}
