// Command chanbot plays and load-tests aeternity state channels: pairs of bots
// open channels against a node over its WebSocket API, follow scenarios and
// judge every frame that comes back.
package main

import "os"

func main() {
	c := Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Getenv}
	os.Exit(c.Main(os.Args[1:]))
}
