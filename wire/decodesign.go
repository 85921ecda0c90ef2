package wire

// decodeSign reads the data of channels.sign.TAG (section 6.3).
func decodeSign(tag string, data []byte) *Sign {
	d, hasTx, ok := &Sign{Tag: tag}, false, true
	for w := walkOf(data); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		switch string(key) {
		case "signed_tx":
			d.SignedTx, hasTx = Text(value)
		case "updates":
			d.Updates, ok = decodeUpdates(value)
		}
	}
	if !hasTx || !ok {
		return nil
	}
	return d
}

// decodeUpdates reads the list; null is an empty one.
func decodeUpdates(v []byte) (list []Update, ok bool) {
	if !isArray(v) {
		return nil, isNull(v)
	}
	for w := walkOf(v); ; {
		e := w.element()
		if e == nil {
			return list, true
		}
		if len(list) == maxList {
			return nil, false
		}
		list = append(list, decodeUpdate(e))
	}
}

// decodeUpdate reads one entry and keeps its raw text when the fields do not
// hold all of it.
func decodeUpdate(v []byte) Update {
	if !isObject(v) {
		return Update{Raw: v}
	}
	var u Update
	var has updateKeys
	whole := true // every member went into its field
	for w := walkOf(v); ; {
		key, value := w.member()
		if value == nil {
			break
		}
		var ok bool
		switch string(key) {
		case "op":
			u.Op, ok = Text(value)
			has |= keyOp
		case "from":
			u.From, ok = Text(value)
			has |= keyFrom
		case "to":
			u.To, ok = Text(value)
			has |= keyTo
		case "data":
			u.Data, ok = Text(value)
			has |= keyData
		case "amount":
			u.Amount, ok = Integer(value)
			ok = ok && string(value) != "-0"
			has |= keyAmount
		}
		whole = whole && ok
	}
	if !whole || has == 0 || has != updateShapes[u.Op] {
		u.Raw = v
	}
	return u
}

// updateKeys is the set of keys that an update has fields for.
type updateKeys uint8

const (
	keyOp updateKeys = 1 << iota
	keyFrom
	keyTo
	keyAmount
	keyData
)

// updateShapes says which keys the operations with own fields have.
var updateShapes = map[string]updateKeys{
	OpTransfer:   keyOp | keyFrom | keyTo | keyAmount,
	OpDeposit:    keyOp | keyFrom | keyAmount,
	OpWithdrawal: keyOp | keyTo | keyAmount,
	OpMeta:       keyOp | keyData,
}
