//go:build !unix

package simnode

const canWriteOnce = false

func (g *gather) writeOnce(uintptr) bool { return true }
