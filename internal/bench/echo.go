package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// An echo is what the WebSocket library can do at most: a server that sends back
// what comes, and a client that sends the next message when it has it, each in a
// process of its own.

// echoResult is what the client has measured.
type echoResult struct {
	PerSecond float64       `json:"per_second"`
	CPU       time.Duration `json:"cpu"` // of the client, for each round trip
	P50       time.Duration `json:"p50"`
}

const (
	echoSize        = 300 // bytes, about the mean of the frames of a transfer
	echoConnections = 20
	echoTime        = 3 * time.Second
)

// measureEcho measures round trips on some connections at a time.
func (b *bench) measureEcho(ctx context.Context, connections int) (echoResult, error) {
	server, err := b.reference(ctx, "echo-server")
	if err != nil {
		return echoResult{}, err
	}
	defer server.stop()
	url, err := server.line()
	if err != nil {
		return echoResult{}, err
	}
	client, err := b.reference(ctx, "echo-client", url, strconv.Itoa(connections))
	if err != nil {
		return echoResult{}, err
	}
	defer client.stop()
	out, err := client.wait()
	if err != nil {
		return echoResult{}, err
	}
	var r echoResult
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("the echo client printed %q: %w", out, err)
	}
	return r, nil
}

var smallBuffers = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}}

// echoServer says its address and serves until standard input ends.
func echoServer([]string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := smallBuffers.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for {
				kind, b, err := conn.ReadMessage()
				if err != nil || conn.WriteMessage(kind, b) != nil {
					return
				}
			}
		}()
	})}
	fmt.Println("ws://" + l.Addr().String())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until its other end is closed
		_ = srv.Close()
	}()
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// echoClient measures round trips and prints an echoResult.
func echoClient(args []string) error {
	connections, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	d := websocket.Dialer{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}}
	conns := make([]*websocket.Conn, connections)
	for i := range conns {
		conn, resp, err := d.Dial(args[0], nil)
		if err != nil {
			return err
		}
		_ = resp.Body.Close() // of an upgrade, which has none
		defer conn.Close()
		conns[i] = conn
	}
	message := []byte(strings.Repeat("x", echoSize))
	trip := func(conn *websocket.Conn) error {
		if err := conn.WriteMessage(websocket.TextMessage, message); err != nil {
			return err
		}
		_, _, err := conn.ReadMessage()
		return err
	}
	all := make([][]time.Duration, connections)
	began, cpu := time.Now(), ownCPU()
	err = inParallel(connections, connections, func(i int) error {
		for last := time.Now(); last.Sub(began) < echoTime; {
			if err := trip(conns[i]); err != nil {
				return err
			}
			now := time.Now()
			all[i] = append(all[i], now.Sub(last))
			last = now
		}
		return nil
	})
	if err != nil {
		return err
	}
	cpu = ownCPU() - cpu
	took := time.Since(began)
	times := slices.Concat(all...)
	slices.Sort(times)
	return json.NewEncoder(os.Stdout).Encode(echoResult{
		PerSecond: float64(len(times)) / took.Seconds(),
		CPU:       cpu / time.Duration(len(times)),
		P50:       times[len(times)/2],
	})
}
