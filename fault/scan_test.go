package fault

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// cut returns the messages of b, which comes in pieces of the given size, in
// words, and what is left over.
func cut(b []byte, size int, head bool) (all []string, rest []byte) {
	s := scanner{head: head}
	for piece := range slices.Chunk(b, max(size, 1)) {
		s.add(piece)
		for {
			m, ok := s.next()
			if !ok {
				break
			}
			if m.kind == kindPlain {
				all = append(all, fmt.Sprintf("plain %q", m.raw))
			} else {
				all = append(all, fmt.Sprintf("%d in %d: %q as %q", m.opcode, len(m.parts), m.payload(nil), m.raw))
			}
		}
	}
	return all, s.rest()
}

// raw makes a frame by hand.
func raw(head byte, mask *[4]byte, payload string) string {
	return string(AppendFrame(nil, head, payload, mask))
}

func TestScannerCutsMessages(t *testing.T) {
	mask := &[4]byte{1, 2, 3, 4}
	text, ping := raw(0x81, nil, "hello"), raw(0x89, nil, "x")
	masked := raw(0x81, mask, "hello")
	long := raw(0x82, mask, strings.Repeat("y", 70_000))
	first, middle, last := raw(0x01, mask, "one "), raw(0x00, mask, "two "), raw(0x80, mask, "three")
	head := "GET /channel HTTP/1.1\r\nHost: node\r\n\r\n"
	for _, c := range []struct {
		name, in string
		head     bool
		want     []string
		rest     string
	}{
		{"whole messages", text + masked, false, []string{fmt.Sprintf(`1 in 1: "hello" as %q`, text), fmt.Sprintf(`1 in 1: "hello" as %q`, masked)}, ""},
		{"fragments stay what they are", first + middle + last, false, []string{fmt.Sprintf(`1 in 3: "one two three" as %q`, first+middle+last)}, ""},
		{"a ping among fragments comes first", first + ping + last, false,
			[]string{fmt.Sprintf(`9 in 1: "x" as %q`, ping), fmt.Sprintf(`1 in 2: "one three" as %q`, first+last)}, ""},
		{"two fragmented messages", first + last + first + last, false,
			[]string{fmt.Sprintf(`1 in 2: "one three" as %q`, first+last), fmt.Sprintf(`1 in 2: "one three" as %q`, first+last)}, ""},
		{"a length of 64 bits", long, false, []string{fmt.Sprintf(`2 in 1: %q as %q`, strings.Repeat("y", 70_000), long)}, ""},
		{"half a message is left over", text + first, false, []string{fmt.Sprintf(`1 in 1: "hello" as %q`, text)}, first},
		{"half a frame is left over", text[:4], false, nil, text[:4]},
		{"the handshake", head + masked, true, []string{fmt.Sprintf("plain %q", head), fmt.Sprintf(`1 in 1: "hello" as %q`, masked)}, ""},
		{"reserved bits", text + "\xf1\x00", false, []string{fmt.Sprintf(`1 in 1: "hello" as %q`, text), `plain "\xf1\x00"`}, ""},
		{"a continuation of nothing", last, false, []string{fmt.Sprintf("plain %q", last)}, ""},
		{"a message within a message", first + text, false, []string{fmt.Sprintf("plain %q", first+text)}, ""},
		{"a ping in fragments", raw(0x09, nil, ""), false, []string{`plain "\t\x00"`}, ""},
	} {
		got, rest := cut([]byte(c.in), len(c.in), c.head)
		if diff := cmp.Diff(c.want, got); diff != "" || string(rest) != c.rest {
			t.Errorf("%s: rest %q, want %q; -want +got:\n%s", c.name, rest, c.rest, diff)
		}
		if strings.Contains(strings.Join(c.want, ""), "plain") {
			continue // plain bytes come as they come
		}
		if bytewise, _ := cut([]byte(c.in), 1, c.head); !slices.Equal(bytewise, got) {
			t.Errorf("%s: byte by byte: got %q", c.name, bytewise)
		}
	}
}

func TestNothingIsAFrameBehindARefusedHandshake(t *testing.T) {
	refused, accepted := "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	text := raw(0x81, nil, "hello")
	got, _ := cut([]byte(refused+text), 1000, true)
	if want := []string{fmt.Sprintf("plain %q", refused), fmt.Sprintf("plain %q", text)}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got, _ = cut([]byte(accepted+text), 1000, true)
	if want := fmt.Sprintf(`1 in 1: "hello" as %q`, text); len(got) != 2 || got[1] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAHandshakeWithoutEndPasses(t *testing.T) {
	endless := strings.Repeat("x", maxHead+10)
	got, rest := cut([]byte(endless), len(endless), true)
	if len(got) != 1 || len(rest) != 0 {
		t.Errorf("%d pieces, %d bytes left", len(got), len(rest))
	}
}

// FuzzScanner: whatever comes, no byte is lost or made, and how it is cut into
// messages does not depend on the pieces in which it came.
func FuzzScanner(f *testing.F) {
	mask := &[4]byte{9, 8, 7, 6}
	f.Add([]byte(raw(0x81, nil, "hello")+raw(0x89, mask, "x")), uint8(3), false)
	f.Add([]byte(raw(0x01, mask, "one")+raw(0x8a, nil, "")+raw(0x80, mask, "two")), uint8(1), false)
	f.Add([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"+raw(0x82, nil, strings.Repeat("z", 130))), uint8(7), true)
	f.Add([]byte("GET / HTTP/1.1\r\n"), uint8(2), true)
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint8(1), false)
	f.Fuzz(func(t *testing.T, in []byte, size uint8, head bool) {
		whole := count(t, in, len(in), head)
		pieces := count(t, in, int(size), head)
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Errorf("%q in pieces of %d bytes:\n%s", in, size, diff)
		}
	})
}

// count returns the messages of in up to the first that is plain, and checks
// that every byte comes out once.
func count(t *testing.T, in []byte, size int, head bool) (messages []string) {
	t.Helper()
	s := scanner{head: head}
	var out []byte
	upTo := -1
	for piece := range slices.Chunk(in, max(size, 1)) {
		s.add(piece)
		for {
			m, ok := s.next()
			if !ok {
				break
			}
			out = append(out, m.raw...)
			if m.kind == kindPlain && !s.plain {
				continue // the handshake
			}
			if m.kind == kindPlain && upTo < 0 {
				upTo = len(messages)
			}
			if payload := m.payload(nil); len(payload) != m.size() {
				t.Errorf("the payload has %d bytes, the size is %d", len(payload), m.size())
			}
			messages = append(messages, fmt.Sprintf("%d %q", m.opcode, m.raw))
		}
	}
	out = append(out, s.rest()...)
	slices.Sort(out) // pings come before the fragments that they came among
	sorted := bytes.Clone(in)
	slices.Sort(sorted)
	if !bytes.Equal(out, sorted) {
		t.Errorf("%d bytes of %d came out", len(out), len(in))
	}
	if upTo >= 0 {
		return messages[:upTo]
	}
	return messages
}

func TestAppendFrameIsReadBack(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65_535, 65_536} {
		for _, mask := range []*[4]byte{nil, {1, 2, 3, 4}} {
			payload := strings.Repeat("p", n)
			got, rest := cut(AppendFrame(nil, final|websocket.TextMessage, []byte(payload), mask), 1<<20, false)
			if len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("1 in 1: %q", payload)) || len(rest) > 0 {
				t.Errorf("%d bytes, mask %v: %d messages", n, mask, len(got))
			}
		}
	}
}
