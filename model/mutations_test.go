package model

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"

	"chanbot/tx"
)

func edit(events []event, i int, change func(json.RawMessage) json.RawMessage) []event {
	frame := change(events[i].Frame)
	if frame == nil || bytes.Equal(frame, events[i].Frame) {
		return nil
	}
	all := slices.Clone(events)
	all[i].Frame = frame
	return all
}

// number replaces the first number that follows a key.
func bump(key string, by int64) func(json.RawMessage) json.RawMessage {
	re := regexp.MustCompile(`"` + key + `":(-?\d+)`)
	return func(b json.RawMessage) json.RawMessage {
		m := re.FindSubmatchIndex(b)
		if m == nil {
			return nil
		}
		n, err := strconv.ParseInt(string(b[m[2]:m[3]]), 10, 64)
		if err != nil {
			return nil
		}
		return slices.Concat(b[:m[2]], strconv.AppendInt(nil, n+by, 10), b[m[3]:])
	}
}

var txText = regexp.MustCompile(`tx_[A-Za-z0-9+/=]+`)

// changeTx changes the first transaction of a frame.
func changeTx(change func(*tx.SignedTx, tx.Tx) *tx.SignedTx) func(json.RawMessage) json.RawMessage {
	return func(b json.RawMessage) json.RawMessage {
		m := txText.FindIndex(b)
		if m == nil || !bytes.Contains(b[:m[0]], []byte(`"method"`)) && !bytes.Contains(b, []byte(`"half_signed_tx"`)) {
			return nil
		}
		s, err := tx.ParseSigned(string(b[m[0]:m[1]]))
		if err != nil {
			return nil
		}
		inner, err := s.Decode()
		if err != nil {
			return nil
		}
		if s = change(s, inner); s == nil {
			return nil
		}
		return slices.Concat(b[:m[0]], []byte(s.Text()), b[m[1]:])
	}
}

func withTx(s *tx.SignedTx, t tx.Tx) *tx.SignedTx {
	return &tx.SignedTx{Signatures: s.Signatures, Tx: t.Serialize()}
}

var channelText = regexp.MustCompile(`"channel_id":"ch_[A-Za-z0-9]+"`)

var mutations = []mutation{
	{name: "drop a frame", least: 0.75, damage: func(events []event, i, _ int) []event { return slices.Delete(slices.Clone(events), i, i+1) }},
	{name: "duplicate a frame", least: 0.85, damage: func(events []event, i, _ int) []event { return slices.Insert(slices.Clone(events), i, events[i]) }},
	{name: "swap two frames", least: 0.7, damage: func(events []event, i, next int) []event {
		if next < 0 || bytes.Equal(events[i].Frame, events[next].Frame) {
			return nil
		}
		all := slices.Clone(events)
		all[i].Frame, all[next].Frame = all[next].Frame, all[i].Frame
		return all
	}},
	{name: "frame is no JSON", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			text, _ := json.Marshal(string(b[:len(b)-1]))
			return text
		})
	}},
	{name: "other channel id", least: 1, damage: func(events []event, i, _ int) []event {
		other := []byte(`"channel_id":"` + tx.ID{Kind: tx.ChannelID, Key: tx.Hash{1}}.String() + `"`)
		return edit(events, i, func(b json.RawMessage) json.RawMessage { return channelText.ReplaceAll(b, other) })
	}},
	{name: "no channel id", least: 0.95, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage { return channelText.ReplaceAll(b, []byte(`"channel_id":null`)) })
	}},
	{name: "round of a conflict + 1", least: 0.9, damage: func(events []event, i, _ int) []event { return edit(events, i, bump("round", 1)) }},
	{name: "round of a conflict + 7", least: 1, damage: func(events []event, i, _ int) []event { return edit(events, i, bump("round", 7)) }},
	{name: "code of a conflict", least: 0.9, damage: func(events []event, i, _ int) []event { return edit(events, i, bump("error_code", 1)) }},
	{name: "sub-code of an error", least: 0.9, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			if !bytes.Contains(b, []byte(`"data":[{`)) || !bytes.Contains(b, []byte(`"error":{`)) {
				return nil
			}
			data := bytes.Index(b, []byte(`"data":[{`))
			tail := bump("code", 1)(b[data:])
			if tail == nil {
				return nil
			}
			return slices.Concat(b[:data], tail)
		})
	}},
	{name: "amount of an update", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			if !bytes.Contains(b, []byte(`"channels.sign.`)) {
				return nil
			}
			return bump("amount", 1)(b)
		})
	}},
	{name: "balance", least: 1, damage: func(events []event, i, _ int) []event { return edit(events, i, bump("balance", 1)) }},
	{name: "message info", least: 0.7, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			if !bytes.Contains(b, []byte(`"method":"channels.message"`)) {
				return nil
			}
			return bytes.Replace(b, []byte(`"info":"`), []byte(`"info":"changed `), 1)
		})
	}},
	{name: "id of an answer", least: 1, damage: func(events []event, i, _ int) []event { return edit(events, i, bump("id", 100000)) }},
	{name: "result", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			return bytes.Replace(b, []byte(`"result":"ok"`), []byte(`"result":"no"`), 1)
		})
	}},
	{name: "request in an error", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			return bytes.Replace(b, []byte(`"request":{`), []byte(`"request":{"extra":1,`), 1)
		})
	}},
	{name: "round of an offer or state", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, changeTx(func(s *tx.SignedTx, t tx.Tx) *tx.SignedTx {
			o, ok := t.(*tx.OffChain)
			if !ok {
				return nil
			}
			o.Round++
			return withTx(s, o)
		}))
	}},
	{name: "state hash of an offer or state", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, changeTx(func(s *tx.SignedTx, t tx.Tx) *tx.SignedTx {
			switch t := t.(type) {
			case *tx.OffChain:
				t.StateHash[5] ^= 1
				return withTx(s, t)
			case *tx.Create:
				t.StateHash[5] ^= 1
				return withTx(s, t)
			}
			return nil
		}))
	}},
	{name: "channel of an offer or state", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, changeTx(func(s *tx.SignedTx, t tx.Tx) *tx.SignedTx {
			o, ok := t.(*tx.OffChain)
			if !ok {
				return nil
			}
			o.ChannelID.Key[0] ^= 1
			return withTx(s, o)
		}))
	}},
	{name: "amount of a create", least: 1, damage: func(events []event, i, _ int) []event {
		return edit(events, i, changeTx(func(s *tx.SignedTx, t tx.Tx) *tx.SignedTx {
			c, ok := t.(*tx.Create)
			if !ok {
				return nil
			}
			c.InitiatorAmount.SetInt64(c.InitiatorAmount.Int64() + 1)
			return withTx(s, c)
		}))
	}, signed: true},
	{name: "signature", least: 0.95, damage: func(events []event, i, _ int) []event {
		return edit(events, i, changeTx(func(s *tx.SignedTx, _ tx.Tx) *tx.SignedTx {
			if len(s.Signatures) == 0 {
				return nil
			}
			bad := &tx.SignedTx{Tx: s.Tx}
			for n, sig := range s.Signatures {
				sig = bytes.Clone(sig)
				if n == 0 {
					sig[20] ^= 1
				}
				bad.Signatures = append(bad.Signatures, sig)
			}
			return bad
		}))
	}, signed: true},
	{name: "signature removed", least: 0.95, damage: func(events []event, i, _ int) []event {
		return edit(events, i, changeTx(func(s *tx.SignedTx, _ tx.Tx) *tx.SignedTx {
			if len(s.Signatures) == 0 {
				return nil
			}
			return &tx.SignedTx{Tx: s.Tx, Signatures: s.Signatures[1:]}
		}))
	}, signed: true},
}
