package bot

import (
	"chanbot/outcome"
	"chanbot/strategy"
)

// playReestablish brings a channel back whose machines have ended. The
// responder connects first, or else the initiator finds nobody (fsm.md 6.8).
func (p *pair) playReestablish(t *turn, r *run) {
	roles := []outcome.Role{outcome.Responder, outcome.Initiator}
	if who := r.step.Who; who.Party != strategy.Both {
		roles = []outcome.Role{who.Role()}
	}
	t.until(r, func() bool { return !p.ending(roles, r.step.Who.Socket) })

	p.lock()
	track := &reestablishTrack{}
	for i, role := range outcome.Roles {
		track.sides[i] = p.first(role)
		if r.step.Who.Role() == role { // maybe with a further socket
			e := p.party(r.step.Who)
			e.client = p.first(role).client
			track.sides[i] = e
		}
	}
	var join []*end
	for _, role := range roles {
		if e := track.sides[role.Index()]; e.sock == nil {
			track.joins[role.Index()] = true
			join = append(join, e)
		}
	}
	initiator := track.sides[outcome.Initiator.Index()]
	track.alone = initiator.sock == nil && !track.joins[outcome.Initiator.Index()]
	o := p.begin(r, outcome.Reestablish, nil, track)
	if len(roles) == 1 {
		o.e = track.sides[roles[0].Index()]
	}
	if len(join) == 0 {
		o.tell(outcome.Outcome{Kind: outcome.Rejected, Detail: "the socket is still there"})
	}
	for _, e := range join {
		if e.client == nil {
			o.tell(e.without(outcome.Reestablish))
		}
	}
	p.unlock()

	if !t.acquire(r) {
		return
	}
	defer func() { <-p.fleet.setups }()
	p.lock()
	o.sent = p.now()
	p.unlock()
	for _, e := range join {
		p.lock()
		skip := o.told || r.over
		q := p.joinParams(e, r.step.Action.Query)
		e.joins, e.opened, e.closing, e.reported = false, false, false, false
		track.dial[e.role.Index()] = p.now()
		p.unlock()
		if skip || !p.connect(t, r, o, e, q, true) {
			return
		}
		t.until(r, func() bool { return o.told || e.sock == nil || e.sawUp || e.silent("report_info") })
	}
}
