package bot

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// A write to a node that takes nothing ends at the deadline, also when the same one
// is set again and again, and a later one gives it time again.
func TestSteadyKeepsItsDeadline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := dialSteady(nil)(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, ok := conn.(*steady); !ok {
		t.Fatalf("a %T", conn)
	}
	if _, ok := conn.(interface{ SetLinger(int) error }); !ok {
		t.Error("it cannot be reset")
	}
	past := time.Now().Add(-time.Second)
	for range 2 {
		if err := conn.SetWriteDeadline(past); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a write after the deadline: %v", err)
		}
	}
	if err := conn.SetWriteDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Error(err)
	}
}

// A socket keeps its deadline for a second and always leaves time enough.
func TestDeadlineIsKeptForAWhile(t *testing.T) {
	var s socket
	first := s.deadline()
	if left := time.Until(first); left < writeTimeout || left > writeTimeout+deadlineLife {
		t.Errorf("%v left", left)
	}
	if again := s.deadline(); again != first {
		t.Errorf("%v at once after %v", again, first)
	}
	s.until = time.Now().Add(writeTimeout - time.Millisecond)
	if left := time.Until(s.deadline()); left < writeTimeout {
		t.Errorf("%v left", left)
	}
}
