//go:build unix

package simnode

import "syscall"

const canWriteOnce = true

// writeOnce writes of part what the system takes without waiting.
func (g *gather) writeOnce(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), g.part[g.wrote:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
		case err != nil:
			g.wrong = err
		default:
			if g.wrote += n; n > 0 && g.wrote < len(g.part) {
				continue
			}
		}
		return true
	}
}
