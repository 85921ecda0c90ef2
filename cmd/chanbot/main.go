// Command chanbot plays and load-tests aeternity state channels: pairs of bots
// open channels against a node over its WebSocket API, follow scenarios and
// judge every frame that comes back.
package main

import "os"

func main() {
	c := Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Getenv}
	stop := profile(os.Getenv, os.Stderr)
	code := c.Main(os.Args[1:])
	stop()
	os.Exit(code)
}
