package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// The functions in this file write what a node sends (section 3.2), with its
// order of keys. They append to dst and return it; an empty channel is written
// as null. Raw JSON that is handed in is written as it is, unless its comment
// says otherwise.

// AppendResult writes the answer to the request with this id; nil is written as
// null.
func AppendResult(dst []byte, id ID, channel string, result []byte) []byte {
	dst = appendNullable(append(dst, `{"channel_id":`...), channel)
	dst = appendID(append(dst, `,"id":`...), id)
	dst = append(dst, `,"jsonrpc":"2.0","result":`...)
	dst = append(dst, result...)
	return append(dst, `,"version":1}`...)
}

// AppendOK writes the answer to an action that was accepted.
func AppendOK(dst []byte, id ID, channel string) []byte {
	return AppendResult(dst, id, channel, []byte(`"ok"`))
}

// AppendError writes a refusal with the texts of the tables: code is the
// top-level code, data are the sub-codes, and none leaves "data" out. The
// request is echoed with sorted keys; nil, or what is no JSON, is echoed as {}
// as for connection parameters (section 2.4).
func AppendError(dst []byte, id ID, channel string, code int, data []int, request []byte) []byte {
	dst = appendNullable(append(dst, `{"channel_id":`...), channel)
	dst = appendErrorEntry(append(dst, `,"error":`...), code, data)
	dst = append(dst, `,"request":`...)
	if v := trim(request); v != nil {
		dst = appendSorted(dst, v)
	} else {
		dst = append(dst, "{}"...)
	}
	dst = appendID(append(dst, `},"id":`...), id)
	return append(dst, `,"jsonrpc":"2.0","version":1}`...)
}

// appendErrorEntry writes code, sub-codes and message, and leaves the object
// open.
func appendErrorEntry(dst []byte, code int, data []int) []byte {
	dst = strconv.AppendInt(append(dst, `{"code":`...), int64(code), 10)
	if len(data) > 0 {
		dst = append(dst, `,"data":[`...)
		for i, sub := range data {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendErrorEntry(dst, sub, nil), '}')
		}
		dst = append(dst, ']')
	}
	return appendString(append(dst, `,"message":`...), ErrorMessage(code))
}

// appendID echoes an id, with sorted keys when it is an object.
func appendID(dst []byte, id ID) []byte {
	if id == nil {
		return append(dst, "null"...)
	}
	if isObject(id) || isArray(id) {
		if v := trim(id); v != nil {
			return appendSorted(dst, v)
		}
	}
	return append(dst, id...)
}

// AppendBatch writes the answers to a batch in one frame (section 3.1): nothing
// for no answer, the bare answer for one, an array for more.
func AppendBatch(dst []byte, answers ...[]byte) []byte {
	if len(answers) == 1 {
		return append(dst, answers[0]...)
	}
	for i, a := range answers {
		if i == 0 {
			dst = append(dst, '[')
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, a...)
	}
	if len(answers) > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// AppendNotification writes any notification; data is raw JSON.
func AppendNotification(dst []byte, channel, method string, data []byte) []byte {
	return closeNotification(append(openNotification(dst, channel, method), data...))
}

func openNotification(dst []byte, channel, method string) []byte {
	dst = appendString(append(dst, `{"jsonrpc":"2.0","method":`...), method)
	dst = appendNullable(append(dst, `,"params":{"channel_id":`...), channel)
	return append(dst, `,"data":`...)
}

func closeNotification(dst []byte) []byte { return append(dst, `},"version":1}`...) }

// AppendInfo writes channels.info (section 6.1). Empty fields are left out.
func AppendInfo(dst []byte, channel string, i Info) []byte {
	dst = openNotification(dst, channel, MethodInfo)
	if len(i.Extra) > 0 {
		return closeNotification(appendMembers(dst, i.members()))
	}
	f := openObject(dst)
	f.text("event", i.Event)
	f.textUnlessEmpty("fsm_id", i.FSMID)
	f.textUnlessEmpty("notice", i.Notice)
	f.textUnlessEmpty("tx_hash", i.TxHash)
	f.textUnlessEmpty("tx_type", i.TxType)
	f.textUnlessEmpty("type", i.Type)
	return closeNotification(f.close())
}

// members returns all keys of the event, the extra ones among them. A field
// wins over an extra key of its name.
func (i *Info) members() map[string]json.RawMessage {
	all := maps.Clone(i.Extra)
	all["event"] = appendString(nil, i.Event)
	for key, s := range map[string]string{
		"fsm_id": i.FSMID, "notice": i.Notice, "tx_hash": i.TxHash, "tx_type": i.TxType, "type": i.Type,
	} {
		if s != "" {
			all[key] = appendString(nil, s)
		}
	}
	return all
}

// appendMembers writes an object with sorted keys; the values are raw.
func appendMembers(dst []byte, all map[string]json.RawMessage) []byte {
	f := openObject(dst)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		f.raw(key, all[key])
	}
	return f.close()
}

// AppendSign writes the request to sign channels.sign.TAG (section 6.3).
func AppendSign(dst []byte, channel string, s Sign) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","method":"channels.sign.`...)
	start := len(dst)
	dst = append(dst, s.Tag...)
	if plainEnd(dst, start) < len(dst) {
		dst = appendEscaped(dst[:start], s.Tag)
	}
	dst = appendNullable(append(dst, `","params":{"channel_id":`...), channel)
	dst = append(dst, `,"data":{"signed_tx":`...)
	if s.Text != nil {
		dst = appendString(dst, s.Text)
	} else {
		dst = appendString(dst, s.SignedTx)
	}
	dst = append(dst, `,"updates":[`...)
	for i, u := range s.Updates {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendUpdate(dst, u)
	}
	return append(dst, `]}},"version":1}`...)
}

// appendUpdate writes one entry of the updates, in alphabetical order of the
// keys that its operation has.
func appendUpdate(dst []byte, u Update) []byte {
	if u.Raw != nil {
		return append(dst, u.Raw...)
	}
	if u.Op == OpTransfer { // the hot one
		dst = appendAmount(append(dst, `{"amount":`...), u.Amount)
		dst = appendString(append(dst, `,"from":`...), u.From)
		dst = appendString(append(dst, `,"op":"OffChainTransfer","to":`...), u.To)
		return append(dst, '}')
	}
	f := openObject(dst)
	shape, known := updateShapes[u.Op]
	if shape&keyAmount != 0 || !known && u.Amount != nil {
		f.amount("amount", u.Amount)
	}
	if shape&keyData != 0 || !known && u.Data != "" {
		f.text("data", u.Data)
	}
	if shape&keyFrom != 0 || !known && u.From != "" {
		f.text("from", u.From)
	}
	f.text("op", u.Op)
	if shape&keyTo != 0 || !known && u.To != "" {
		f.text("to", u.To)
	}
	return f.close()
}

// AppendUpdate writes channels.update: the latest co-signed state (section 6.4).
func AppendUpdate[T string | []byte](dst []byte, channel string, state T) []byte {
	return appendState(dst, channel, MethodUpdate, state)
}

// AppendLeave writes channels.leave (section 6.6).
func AppendLeave(dst []byte, channel, state string) []byte {
	return appendState(dst, channel, MethodLeave, state)
}

func appendState[T string | []byte](dst []byte, channel, method string, state T) []byte {
	dst = append(openNotification(dst, channel, method), `{"state":`...)
	return closeNotification(append(appendString(dst, state), '}'))
}

// AppendConflict writes channels.conflict (section 6.5).
func AppendConflict(dst []byte, channel string, c Conflict) []byte {
	dst = append(openNotification(dst, channel, MethodConflict), `{"channel_id":`...)
	dst = appendNullable(dst, c.ChannelID)
	dst = strconv.AppendInt(append(dst, `,"error_code":`...), int64(c.Code), 10)
	dst = appendString(append(dst, `,"error_msg":`...), c.Message)
	dst = strconv.AppendUint(append(dst, `,"round":`...), c.Round, 10)
	return closeNotification(append(dst, '}'))
}

// AppendOnChainTx writes channels.on_chain_tx (section 6.2).
func AppendOnChainTx(dst []byte, channel string, t OnChainTx) []byte {
	f := openObject(openNotification(dst, channel, MethodOnChainTx))
	f.text("info", t.Info)
	f.text("tx", t.Tx)
	f.text("type", t.Type)
	return closeNotification(f.close())
}

// AppendMessage writes channels.message (section 6.6).
func AppendMessage(dst []byte, channel string, m Message) []byte {
	dst = append(openNotification(dst, channel, MethodMessage), `{"message":{"channel_id":`...)
	dst = appendNullable(dst, m.ChannelID)
	dst = appendString(append(dst, `,"from":`...), m.From)
	dst = appendString(append(dst, `,"info":`...), m.Info)
	dst = appendString(append(dst, `,"to":`...), m.To)
	return closeNotification(append(dst, `}}`...))
}

// AppendErrorReport writes channels.error (section 6.6).
func AppendErrorReport(dst []byte, channel, message string) []byte {
	f := openObject(openNotification(dst, channel, MethodError))
	f.text("message", message)
	return closeNotification(f.close())
}
