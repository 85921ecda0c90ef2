package bot_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
)

// A step that expects frames in order does not wait for them when no
// connection came about.
func TestFramesOfANodeThatIsNotThereAreNotWaitedFor(t *testing.T) {
	s := load(t, "open-and-stop")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		b.cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody listens") }
		began := time.Now()
		_, err := bot.Run(t.Context(), b.cfg)
		if _, ok := errors.AsType[*bot.UnreachableError](err); !ok {
			t.Errorf("got %v, want an UnreachableError", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
