package bot_test

import (
	"fmt"
	"net"
	"net/http"
	"testing"

	"chanbot/simnode"
)

// BenchmarkTransfer measures whole transfers over real sockets, node included.
func BenchmarkTransfer(b *testing.B) {
	for _, pairs := range []int{1, 20} {
		b.Run(fmt.Sprintf("pairs=%d", pairs), func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			times := max(b.N/pairs, 1)
			s, problems := parseText("bench.yaml", fmt.Sprintf(`
chanbot: 1
name: bench
description: transfers
steps:
  - open:
  - repeat:
      times: %d
      steps:
        - initiator: {transfer: 1}
`, times))
			if problems != nil {
				b.Fatal(problems)
			}
			bench := newBench(b, s, pairs, func(c *simnode.Config) { c.NoVerify = true })
			srv := &http.Server{Handler: bench.node}
			served := make(chan struct{})
			go func() {
				srv.Serve(l)
				close(served)
			}()
			bench.cfg.Dial, bench.cfg.InitiatorNode, bench.cfg.SampleChecks = nil, "ws://"+l.Addr().String(), 1000
			b.ReportAllocs()
			b.ResetTimer()
			rep := bench.run()
			b.StopTimer()
			if got := rep.Summary.Operations["transfer"]; got.Attempts != int64(times*pairs) || got.Outcomes["signed"] != got.Attempts {
				b.Errorf("%v", got)
			} else {
				b.ReportMetric(got.Service.P50US, "p50-µs")
			}
			srv.Close()
			<-served
			bench.stop()
		})
	}
}
