package wire

import "encoding/json"

// DecodeFrame reads one frame of a node. It never fails: text that is no JSON
// gives KindInvalid, JSON of another shape KindUnknown. The frame and its texts
// keep b, so the caller must not write to it again. Frames that a channel sends all the
// time (requests to sign, info, update, "ok") are read without the general
// decoder when they are written as a node writes them; the result is the same.
func DecodeFrame(b []byte) Frame {
	var f Frame
	f.Decode(b)
	return f
}

// Decode is [DecodeFrame] into f, which must be zero.
func (f *Frame) Decode(b []byte) {
	if !decodeFast(f, b) {
		*f = decodeGeneral(b)
	}
}

func decodeGeneral(b []byte) Frame {
	f := Frame{Raw: b, Kind: KindUnknown}
	v := trim(b)
	switch {
	case v == nil:
		f.Kind = KindInvalid
	case isObject(v):
		decodeEnvelope(&f, v)
	case isArray(v):
		decodeBatch(&f, v)
	}
	return f
}

// decodeBatch reads an array of answers (section 3.1).
func decodeBatch(f *Frame, v []byte) {
	f.Kind = KindBatch
	for w := walkOf(v); ; {
		e := w.element()
		if e == nil {
			return
		}
		if len(f.Batch) == maxList {
			f.Kind, f.Batch = KindUnknown, nil
			return
		}
		member := Frame{Raw: e, Kind: KindUnknown}
		if isObject(e) {
			decodeEnvelope(&member, e)
		}
		f.Batch = append(f.Batch, member)
	}
}

// decodeEnvelope reads the three envelopes of section 3.2, whatever "jsonrpc" and
// "version" say.
func decodeEnvelope(f *Frame, v []byte) {
	var method, params, result, refusal, rpc, version []byte
	for w := walkOf(v); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		switch string(key) {
		case "id":
			f.ID = ID(value)
		case "channel_id":
			f.ChannelID, _ = Text(value)
		case "method":
			method = value
		case "params":
			params = value
		case "result":
			result = value
		case "error":
			refusal = value
		case "jsonrpc":
			rpc = value
		case "version":
			version = value
		}
	}
	if string(version) == "1" {
		text, _ := Text(rpc)
		f.Enveloped = text == "2.0"
	}
	if isNull(refusal) {
		refusal = nil
	}
	switch {
	case method != nil && result == nil && refusal == nil:
		if isString(method) && isObject(params) {
			decodeNotification(f, method, params)
		}
	case result != nil && method == nil && refusal == nil:
		f.Kind, f.Result = KindResult, result
	case refusal != nil && method == nil && result == nil:
		if f.Error = decodeError(refusal); f.Error != nil {
			f.Kind = KindError
		}
	}
}

func decodeError(v []byte) *Error {
	head, ok := decodeErrorData(v)
	if !ok {
		return nil
	}
	e := &Error{Code: head.Code, Message: head.Message}
	for w := walkOf(v); ; {
		key, value := w.member()
		if value == nil {
			return e
		}
		switch string(key) {
		case "request":
			e.Request = value
		case "data":
			e.Data = nil
			if !isArray(value) {
				continue
			}
			for list := walkOf(value); ; {
				entry := list.element()
				if entry == nil {
					break
				}
				if d, ok := decodeErrorData(entry); ok {
					e.Data = append(e.Data, d)
				}
			}
		}
	}
}

// decodeErrorData reads code and message; it returns false unless there is a
// code. What has none stays in Frame.Raw only.
func decodeErrorData(v []byte) (d ErrorData, ok bool) {
	if !isObject(v) {
		return d, false
	}
	for w := walkOf(v); ; {
		key, value := w.member()
		if value == nil {
			return d, ok
		}
		switch string(key) {
		case "code":
			d.Code, ok = smallInt(value)
		case "message":
			d.Message, _ = Text(value)
		}
	}
}

func decodeNotification(f *Frame, method, params []byte) {
	f.Kind = KindNotification
	f.ChannelID = "" // only the one in params counts
	for w := walkOf(params); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		switch string(key) {
		case "channel_id":
			f.ChannelID, _ = Text(value)
		case "data":
			f.Data = value
		}
	}
	f.Method, _ = Text(method)
	if known, ok := methodNames[f.Method]; ok {
		f.Method = known
	}
	if !isObject(f.Data) {
		return
	}
	switch f.Method {
	case MethodInfo:
		f.Info = decodeInfo(f.Data)
	case MethodOnChainTx:
		var d OnChainTx
		if texts(f.Data, text{"info", &d.Info}, text{"type", &d.Type}, text{"tx", &d.Tx}) {
			f.OnChainTx = &d
		}
	case MethodUpdate:
		var d UpdateReport
		if texts(f.Data, text{"state", &d.State}) {
			f.Update = &d
		}
	case MethodLeave:
		var d LeaveReport
		if texts(f.Data, text{"state", &d.State}) {
			f.Leave = &d
		}
	case MethodError:
		var d ErrorReport
		if texts(f.Data, text{"message", &d.Message}) {
			f.ErrorReport = &d
		}
	case MethodConflict:
		f.Conflict = decodeConflict(f.Data)
	case MethodMessage:
		f.Message = decodeMessage(f.Data)
	default:
		if len(f.Method) > len(signPrefix) && f.Method[:len(signPrefix)] == signPrefix {
			f.Sign = decodeSign(f.Method[len(signPrefix):], f.Data)
		}
	}
}

// text is a member of an object that holds text, and where the text goes.
type text struct {
	key string
	to  *string
}

// texts reads members that hold text. It returns false unless the first one is
// there and every one that is there, and not null, holds text.
func texts(object []byte, fields ...text) bool {
	var values [4][]byte
	for w := walkOf(object); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		for i, f := range fields {
			if string(key) == f.key {
				values[i] = value
			}
		}
	}
	for i, f := range fields {
		if values[i] == nil || isNull(values[i]) {
			if i == 0 {
				return false
			}
			continue
		}
		var ok bool
		if *f.to, ok = Text(values[i]); !ok {
			return false
		}
	}
	return true
}

func decodeInfo(data []byte) *Info {
	d, hasEvent := &Info{}, false
	for w := walkOf(data); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		var field *string
		switch string(key) {
		case "event":
			d.Event, hasEvent = Text(value)
			d.Event = eventName(d.Event)
			continue
		case "fsm_id":
			field = &d.FSMID
		case "tx_hash":
			field = &d.TxHash
		case "tx_type":
			field = &d.TxType
		case "type":
			field = &d.Type
		case "notice":
			field = &d.Notice
		}
		delete(d.Extra, string(key)) // a duplicate replaces what came before
		if field != nil {
			if *field, _ = Text(value); *field != "" {
				continue
			}
		}
		if d.Extra == nil {
			d.Extra = make(map[string]json.RawMessage)
		}
		d.Extra[string(key)] = value
	}
	if !hasEvent {
		return nil
	}
	if len(d.Extra) == 0 {
		d.Extra = nil
	}
	return d
}

func decodeConflict(data []byte) *Conflict {
	d, hasCode, ok := &Conflict{}, false, true
	for w := walkOf(data); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		switch string(key) {
		case "channel_id":
			d.ChannelID, _ = Text(value)
		case "error_code":
			d.Code, hasCode = smallInt(value)
		case "error_msg":
			d.Message, _ = Text(value)
		case "round":
			n, isInt := Integer(value)
			ok = isInt && n.IsUint64()
			if ok {
				d.Round = n.Uint64()
			}
		}
	}
	if !hasCode || !ok {
		return nil
	}
	return d
}

func decodeMessage(data []byte) *Message {
	var inner []byte
	for w := walkOf(data); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		if string(key) == "message" {
			inner = value
		}
	}
	if !isObject(inner) {
		return nil
	}
	var d Message
	if !texts(inner, text{"info", &d.Info}, text{"from", &d.From}, text{"to", &d.To}, text{"channel_id", &d.ChannelID}) {
		return nil
	}
	return &d
}
