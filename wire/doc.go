// Package wire reads and writes the JSON-RPC frames of the state-channel
// WebSocket API: envelopes, methods, notifications, events and error codes as
// typed values, for both directions and both ends.
//
// Decoding is tolerant: whatever arrives becomes a [Frame] or a list of
// [Request], unknown keys and shapes are kept as raw JSON, nothing panics.
// Encoding is exact: the node side writes its keys in alphabetical order at
// every level and without spaces, as a running node does; the client side
// writes what the seed session shows.
//
// Duplicate keys: the last one wins, as in encoding/json. Keys are compared
// exactly, never ignoring case. Invalid UTF-8 inside a string is read as
// U+FFFD. Frames deeper than [MaxDepth] or longer than [MaxFrame] count as no
// JSON. Section numbers in the comments are those of the WebSocket API
// reference.
package wire

// MaxDepth is how deep arrays and objects of one frame may nest. The API needs
// about ten levels; a deeper frame is read as if it were no JSON.
const MaxDepth = 1000

// MaxFrame is how long one frame may be, in bytes. The longest frames of the
// API are in-band messages and histories, far below a megabyte; a longer frame
// is read as if it were no JSON.
const MaxFrame = 16 << 20

// maxDigits bounds the amounts that become a big.Int, because reading decimal
// digits takes quadratic time. The raw text of a longer number is kept.
const maxDigits = 10_000

// maxList bounds the entries of a batch and of the updates of a request to
// sign: each takes more memory than its text. A longer list has no known shape,
// and only its raw text is kept.
const maxList = 10_000
