package simnode

import (
	"testing"
	"testing/synctest"
)

// reestablish leaves a channel and comes back to it.
func (w *world) reestablish(i, r *client) (_, _ *client) {
	w.t.Helper()
	i.send(`{"jsonrpc":"2.0","method":"channels.leave"}`)
	i.want("leave", "info died", "close 1000")
	r.want("leave", "info died", "close 1000")
	r = w.dial(roleResponder, w.back(r))
	r.want("info fsm_up")
	i = w.dial(roleInitiator, w.back(i))
	i.want("info fsm_up", "info channel_reestablished", "info open", "update")
	r.want("info channel_reestablished", "info open", "update")
	return i, r
}

// back is the connection with which a client comes back to its machine.
func (w *world) back(c *client) string {
	return w.query(c.role, map[string]string{"existing_channel_id": c.channel, "existing_fsm_id": c.fsmID})
}

// A second client takes the place of the first (ws-api 2.2), also at a machine
// that ends when its client is lost (fsm.md 7).
func TestASecondClientDisplacesTheFirst(t *testing.T) {
	for _, again := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Config{})
			i, r := w.open(nil)
			if again {
				i, r = w.reestablish(i, r)
			}
			i.send(`{"jsonrpc":"2.0","id":1,"method":"channels.system","params":{"action":"ping"}}`)
			i.want("result")
			second := w.dial(roleInitiator, w.back(i))
			second.want("info fsm_up")
			i.want("close 1006")
			r.want()
			second.transfer(1)
			second.sign(second.want("sign.update")[0])
			r.sign(r.want("info update", "sign.update_ack")[1])
			r.want("update")
			second.want("update")
		})
	}
}
