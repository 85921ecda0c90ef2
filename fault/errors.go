package fault

import (
	"errors"
	"net"
	"os"
)

// timedOut is the error of a deadline that has passed.
func timedOut(op string, c net.Conn) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.ErrDeadlineExceeded}
}

// isTimeout tells whether an error is a deadline's, after which a connection can
// go on.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
