package wire

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// Kind tells the envelopes apart that a node sends (section 3.2).
type Kind uint8

// The kinds of a frame. The zero value is no kind.
const (
	_                Kind = iota
	KindResult            // an answer with "result"
	KindError             // an answer with "error"
	KindNotification      // "method" and "params"
	KindBatch             // an array of frames
	KindUnknown           // JSON of no known shape
	KindInvalid           // no JSON, or beyond MaxDepth or MaxFrame
)

var kindNames = [...]string{"none", "result", "error", "notification", "batch", "unknown", "invalid"}

// String returns the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// ID is the raw JSON of "id". Nil means that there is none; a present null is
// the text null. A node echoes it as it came (section 3.1).
type ID []byte

// IntID returns the id that is the integer n.
func IntID(n int64) ID { return strconv.AppendInt(make([]byte, 0, 20), n, 10) }

// String returns the raw JSON, and "" when there is no id.
func (id ID) String() string { return string(id) }

// Frame is one frame from the node, decoded as far as its shape is known. All
// raw parts are slices of Raw.
type Frame struct {
	Raw       []byte // the frame as it came
	Kind      Kind
	ID        ID     // raw; nil when absent
	ChannelID string // "" for null or absent (section 3.3)
	Enveloped bool   // "jsonrpc" is "2.0" and "version" is 1 (section 3.2)

	Method string          // of a notification, for example "channels.sign.update"
	Data   json.RawMessage // params.data of a notification; nil when absent
	Result json.RawMessage // of an answer
	Error  *Error          // of a refusal

	// At most one of these is set: the one that Method names, and only when
	// Data has its shape.
	Info        *Info
	OnChainTx   *OnChainTx
	Sign        *Sign
	Update      *UpdateReport
	Conflict    *Conflict
	Message     *Message
	Leave       *LeaveReport
	ErrorReport *ErrorReport

	Batch []Frame // the members of a KindBatch
}

// Info is the data of channels.info (section 6.1).
type Info struct {
	Event  string
	FSMID  string                     // of fsm_up, funding_created, funding_signed
	TxHash string                     // of minimum_depth_achieved; of min_depth_achieved it is damaged bytes
	TxType string                     // of minimum_depth_achieved
	Type   string                     // of min_depth_achieved
	Notice string                     // of minimum_depth_achieved
	Extra  map[string]json.RawMessage // every other key, and the ones above when they hold no text or the empty one
}

// OnChainTx is the data of channels.on_chain_tx (section 6.2).
type OnChainTx struct{ Info, Type, Tx string }

// Sign is the data of channels.sign.TAG: a request to sign (section 6.3).
type Sign struct {
	Tag      string
	SignedTx string
	Text     []byte   // written instead of SignedTx unless nil; never read
	Updates  []Update // nil when empty
}

// Update is one entry of the updates in a request to sign (section 6.3).
type Update struct {
	Op       string   // one of the Op constants, or what else the node wrote
	From, To string   // of transfer (both), deposit (From), withdrawal (To)
	Amount   *big.Int // of transfer, deposit, withdrawal
	Data     string   // of meta

	// Raw is the whole entry when the fields above do not hold all of it: for
	// contract operations, unknown ones, extra keys and values of other types.
	// When it is set, it is what [AppendSign] writes.
	Raw json.RawMessage
}

// UpdateReport is the data of channels.update from the node: the latest
// co-signed state (section 6.4).
type UpdateReport struct{ State string }

// LeaveReport is the data of channels.leave from the node (section 6.6).
type LeaveReport struct{ State string }

// ErrorReport is the data of channels.error (section 6.6).
type ErrorReport struct{ Message string }

// Conflict is the data of channels.conflict (section 6.5).
type Conflict struct {
	ChannelID string
	Code      int
	Message   string
	Round     uint64 // of the last co-signed state of the FSM that produced it
}

// Message is an in-band message: the data of channels.message from the node
// (section 6.6), and the params of the client's request, which has no
// ChannelID and needs From only to speak in another's name.
type Message struct{ ChannelID, From, To, Info string }

// Error is "error" of an answer (section 3.2).
type Error struct {
	Code    int
	Message string
	Data    []ErrorData
	Request json.RawMessage // the refused request as the node echoes it
}

// ErrorData is one sub-code of an [Error] (section 4.2).
type ErrorData struct {
	Code    int
	Message string
}

// SubCode returns the first sub-code, and Code when there is none.
func (e *Error) SubCode() int {
	if len(e.Data) > 0 {
		return e.Data[0].Code
	}
	return e.Code
}

// Name returns the name under which scenarios and reports speak of the frame:
// "info fsm_up", "sign.update", "on_chain_tx channel_changed", "conflict 42",
// "result ok", "result" (data), "error 1018" (the sub-code, else the code),
// "batch", "unknown", "invalid", and for every other notification its method
// without "channels.".
func (f *Frame) Name() string {
	switch f.Kind {
	case KindResult:
		if string(f.Result) == `"ok"` {
			return "result ok"
		}
		return "result"
	case KindError:
		if f.Error == nil {
			return "error"
		}
		return "error " + strconv.Itoa(f.Error.SubCode())
	case KindBatch:
		return "batch"
	case KindInvalid:
		return "invalid"
	case KindNotification:
	default:
		return "unknown"
	}
	switch {
	case f.Info != nil:
		if name, known := infoNames[f.Info.Event]; known {
			return name
		}
		return "info " + f.Info.Event
	case f.OnChainTx != nil:
		if name, known := onChainNames[f.OnChainTx.Info]; known {
			return name
		}
		return "on_chain_tx " + f.OnChainTx.Info
	case f.Conflict != nil:
		return "conflict " + strconv.Itoa(f.Conflict.Code)
	}
	return strings.TrimPrefix(f.Method, methodPrefix)
}
