package bot

import "chanbot/outcome"

// stand is how a pair is counted among the channels of the run.
type stand uint8

const (
	standNone stand = iota // there is no channel, and there need not be one
	standOpening
	standOpen
	standLost // under load: the channel is gone, or never came about
)

// isOpen says that both sides have a channel to work with.
func (p *pair) isOpen() bool {
	for _, role := range outcome.Roles {
		if e := p.first(role); !e.live() || !e.opened && !e.reported {
			return false
		}
	}
	return true
}

// recount counts the pair anew, after something that may have changed where its
// channel stands.
func (p *pair) recount() {
	now := standNone
	switch {
	case p.isOpen():
		now = standOpen
	case p.opening():
		now = standOpening
	case p.work != nil && !p.work.ending:
		now = standLost
	}
	if now == p.stand {
		return
	}
	p.counted(p.stand, -1)
	p.counted(now, 1)
	p.stand = now
}

func (p *pair) opening() bool {
	for _, o := range p.ops {
		if o.kind == outcome.Open {
			return true
		}
	}
	return false
}

func (p *pair) counted(s stand, n int64) {
	g := p.fleet.gauge
	switch s {
	case standOpening:
		g.Opening.Add(n)
	case standOpen:
		g.Open.Add(n)
	case standLost:
		g.Lost.Add(n)
	}
}
