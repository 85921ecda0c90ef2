package simnode

import (
	"chanbot/tx"
	"chanbot/wire"
)

// notice is something that a client is told. It is written when it is needed:
// the window of a machine's history holds many, and the frames would be the
// larger part of what a machine keeps.
type notice interface {
	// append writes the frame.
	append(dst []byte, channel string) []byte
}

// The kinds of notices.
type (
	eventNotice  string // an info that has its event only
	updateNotice struct{ *tx.SignedTx }
	signNotice   struct {
		f       *fsm // has the texts of the participants
		tag     string
		offer   *tx.SignedTx
		updates []update
	}
	frameNotice []byte // a frame as it is
)

func (e eventNotice) append(dst []byte, channel string) []byte {
	return wire.AppendInfo(dst, channel, wire.Info{Event: string(e)})
}

func (u updateNotice) append(dst []byte, channel string) []byte {
	text := takeRoom()
	defer giveRoom(text)
	*text = u.AppendText(*text)
	return wire.AppendUpdate(dst, channel, *text)
}

func (s *signNotice) append(dst []byte, channel string) []byte {
	var room [2]wire.Update
	ups := room[:0]
	for i := range s.updates {
		ups = append(ups, s.updates[i].wire(s.f.textOf))
	}
	text := takeRoom()
	defer giveRoom(text)
	*text = s.offer.AppendText(*text)
	return wire.AppendSign(dst, channel, wire.Sign{Tag: s.tag, Text: *text, Updates: ups})
}

func (b frameNotice) append(dst []byte, _ string) []byte { return append(dst, b...) }

// textOf is the text of an id, which mostly is that of a participant.
func (f *fsm) textOf(id tx.ID) string {
	switch id {
	case f.own:
		return f.ownText
	case f.peer:
		return f.peerTxt
	}
	return id.String()
}

// frameOf writes a notice into room that is given back when the frame has left.
func frameOf(n notice, channel string) []byte { return n.append(*takeRoom(), channel) }
