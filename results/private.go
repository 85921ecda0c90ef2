package results

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"slices"
)

// PrivateDir is the folder of a run for what opens its channels. ChannelsFile,
// in it, holds that.
const (
	PrivateDir   = "private"
	ChannelsFile = "channels"
)

// ChannelRecord is what is needed to come back to a channel and to close it. A
// record may hold a part of that: what is missing has not changed. Arrays are by
// role, the initiator first.
type ChannelRecord struct {
	Channel string    `json:"channel"` // ch_
	Pair    int       `json:"pair"`    // from 0
	Parties [2]string `json:"parties,omitzero"`
	// Create is the hash (th_) of the co-signed create transaction.
	Create string `json:"create,omitempty"`
	// FSMIDs open the state that the node keeps for each side. They are secrets.
	FSMIDs [2]string `json:"fsm_ids,omitzero"`
	// Round, Signed and Balances belong together: the last state that both
	// sides have signed (tx_). Balances is empty when they are not known; before
	// the first state it holds those that the channel is to begin with.
	Round    uint64     `json:"round,omitempty"`
	Signed   string     `json:"signed,omitempty"`
	Balances []*big.Int `json:"balances,omitempty"`
	// Closed says that the chain has closed the channel.
	Closed bool `json:"closed,omitempty"`
}

// ChannelSink takes records. It may be called from many goroutines at once, and
// keeps the slices of a record, so nobody may change them afterwards.
type ChannelSink interface {
	Channel(ChannelRecord)
}

// urgent says that a record must be kept before anything else happens. One that
// only tells of a later state can wait: the node has that, too.
func (r *ChannelRecord) urgent() bool {
	return r.Closed || r.Create != "" || r.FSMIDs != [2]string{} || r.Parties != [2]string{}
}

// Merge takes over what a later record says. States only move forward.
func (r *ChannelRecord) Merge(later ChannelRecord) {
	for i := range 2 {
		r.Parties[i] = cmp.Or(later.Parties[i], r.Parties[i])
		r.FSMIDs[i] = cmp.Or(later.FSMIDs[i], r.FSMIDs[i])
	}
	r.Create = cmp.Or(later.Create, r.Create)
	r.Closed = r.Closed || later.Closed
	switch {
	case later.Round < r.Round:
	case later.Signed != "":
		r.Round, r.Signed, r.Balances = later.Round, later.Signed, later.Balances
	case len(later.Balances) > 0:
		r.Round, r.Balances = later.Round, later.Balances
	}
}

var channelSums = crc32.MakeTable(crc32.Castagnoli)

// maxChannelLine bounds a line. A state with both signatures has about 400
// characters.
const maxChannelLine = 1 << 20

// appendLine writes a record as a line: the CRC-32C of the JSON text in eight
// hexadecimal digits, a space, the text.
func (r *ChannelRecord) appendLine(dst []byte) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return dst, err
	}
	dst = fmt.Appendf(dst, "%08x ", crc32.Checksum(text, channelSums))
	return append(append(dst, text...), '\n'), nil
}

// readLine reads what appendLine wrote, without its end.
func readLine(line []byte) (*ChannelRecord, error) {
	sum, text, found := bytes.Cut(line, []byte{' '})
	var want [4]byte
	if !found || len(sum) != 2*len(want) {
		return nil, errDamaged
	}
	if _, err := hex.Decode(want[:], sum); err != nil {
		return nil, errDamaged
	}
	if got := crc32.Checksum(text, channelSums); fmt.Sprintf("%08x", got) != hex.EncodeToString(want[:]) {
		return nil, errDamaged
	}
	r := new(ChannelRecord)
	if err := json.Unmarshal(text, r); err != nil || r.Channel == "" || r.Pair < 0 {
		return nil, errDamaged
	}
	for _, b := range r.Balances {
		if len(r.Balances) != 2 || b == nil || b.Sign() < 0 {
			return nil, errDamaged
		}
	}
	return r, nil
}

var errDamaged = errors.New("no record, or a damaged one")

// ReadChannels reads a file of records and returns one for each channel, in the
// order in which they appeared, with all that is known of it. Lines that are cut
// off or damaged count in damaged and are passed over: a process that is killed
// leaves half of one, and what it said of a channel is said again, or older.
func ReadChannels(src io.Reader) (channels []ChannelRecord, damaged int, err error) {
	at := make(map[string]int)
	lines := lineReader{src: src}
	for {
		line, whole, err := lines.next()
		if len(line) > 0 {
			r, bad := readLine(line)
			switch i, known := at[channelOf(r)]; {
			case bad != nil || !whole:
				damaged++
			case known:
				channels[i].Merge(*r)
			default:
				at[r.Channel] = len(channels)
				channels = append(channels, *r)
			}
		}
		if errors.Is(err, io.EOF) {
			return channels, damaged, nil
		}
		if err != nil {
			return channels, damaged, fmt.Errorf("read channels: %w", err)
		}
	}
}

func channelOf(r *ChannelRecord) string {
	if r == nil {
		return ""
	}
	return r.Channel
}

// lineReader cuts a stream into lines and gives up those that are too long.
type lineReader struct {
	src  io.Reader
	have []byte
	skip bool // the rest of a line that is too long
	end  error
}

// next returns a line without its end. A line is whole when it has one and is
// not too long. The memory is good until the next call.
func (l *lineReader) next() (line []byte, whole bool, err error) {
	for {
		if i := bytes.IndexByte(l.have, '\n'); i >= 0 {
			line, l.have = l.have[:i], l.have[i+1:]
			whole, l.skip = !l.skip, false
			return line, whole, nil
		}
		if l.end != nil {
			line, l.have = l.have, nil
			return line, false, l.end
		}
		if len(l.have) > maxChannelLine {
			l.have, l.skip = l.have[:1], true // what is left says that something was there
		}
		l.have = slices.Grow(l.have, 32<<10)
		n, err := l.src.Read(l.have[len(l.have):cap(l.have)])
		l.have, l.end = l.have[:len(l.have)+n], err
	}
}
