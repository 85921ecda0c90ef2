package model

import "chanbot/wire"

// message judges an in-band message (fsm 6.9).
func (c *Client) message(f *wire.Frame) {
	m := f.Message
	if c.channel != "" && f.ChannelID != "" && m.ChannelID != f.ChannelID {
		c.violate(RuleMessageParty, "a message of channel "+f.ChannelID, "one of "+quoted(m.ChannelID))
	}
	if !c.cfg.MsgForwarding && c.own() != "" && c.peer() != "" && (m.From != c.peer() || m.To != c.own()) {
		c.violate(RuleMessageParty, "a message from "+c.peer()+" to "+c.own(), "from "+excerpt(m.From)+" to "+excerpt(m.To))
	}
	c.log.message(m.Info)
}
