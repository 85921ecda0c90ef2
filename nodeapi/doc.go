// Package nodeapi is a client of the HTTP API of an aeternity node (http-api):
// status, blocks, accounts, transactions and channels on the external port, the
// few debug operations that a load generator can use on the internal one, and
// the block endpoints of the developer-mode plugin.
//
// Amounts are big integers, for a balance does not fit into 64 bits. Whatever a
// server answers is checked for its shape: what a node cannot say is a
// [*MalformedError], what it refuses an [*Error].
package nodeapi
