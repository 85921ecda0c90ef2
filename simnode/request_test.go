package simnode

import (
	"fmt"
	"strings"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// What parameters alone decide, in the order of ws-api 5: required keys, integers,
// encodings, optional parameters as they are listed, negative amounts. "" goes on
// to the machine.
func TestParametersAreCheckedInOrder(t *testing.T) {
	words := strings.NewReplacer(
		":A", fmt.Sprintf(":%q", key1.ID()), ":B", fmt.Sprintf(":%q", key2.ID()),
		"CT", fmt.Sprintf("%q", tx.Encode(tx.PrefixContract, make([]byte, 32))),
		"CB", fmt.Sprintf("%q", tx.Encode(tx.PrefixContractBytes, []byte{1})),
	)
	tests := []struct{ method, params, want string }{
		{wire.MethodUpdateNew, `{"from":A,"to":B,"amount":1}`, ""},
		{wire.MethodUpdateNew, `{"from":5,"amount":"1"}`, "-32601"},
		{wire.MethodUpdateNew, `{"from":5,"to":B,"amount":"1","meta":17}`, "1008"},
		{wire.MethodUpdateNew, `{"from":5,"to":B,"amount":-1,"meta":17}`, "1005"},
		{wire.MethodUpdateNew, `{"from":A,"to":B,"amount":-1,"meta":17,"block_hash":"kh_bad"}`, "-32603"},
		{wire.MethodUpdateNew, `{"from":A,"to":B,"amount":-1,"meta":17}`, "1014"},
		{wire.MethodUpdateNew, `{"from":A,"to":B,"amount":-1}`, "1002"},
		// Extra keys are ignored (ws-api 3.1); a transfer has no fee and no nonce.
		{wire.MethodUpdateNew, `{"from":A,"to":B,"amount":1,"fee":"x","nonce":-1,"gas_price":[]}`, ""},

		{wire.MethodDeposit, `{"amount":-1,"meta":17,"block_hash":"kh_bad","fee":-1}`, "1014"},
		{wire.MethodDeposit, `{"amount":-1,"block_hash":"kh_bad"}`, "-32603"},
		{wire.MethodWithdraw, `{"amount":-1,"fee":"x"}`, "-32603"},
		{wire.MethodWithdraw, `{"amount":-1,"fee":"20000","nonce":"7"}`, "1002"},
		{wire.MethodShutdown, `{"nonce":1.5}`, "-32603"},
		{wire.MethodSettle, `{"meta":17}`, ""},

		{wire.MethodUpdateCallContract, `{"contract_id":CT,"abi_version":3,"amount":1,"call_data":CB,"meta":["m"]}`, ""},
		{wire.MethodUpdateCallContract, `{"contract_id":"x","abi_version":3,"amount":1,"call_data":"x","meta":17}`, "1006 1009"},
		{wire.MethodUpdateCallContract, `{"contract_id":CT,"abi_version":3,"amount":1,"call_data":CB,"meta":17,"block_hash":"x"}`, "-32603"},
		{wire.MethodDryRunCallContract, `{"contract_id":CT,"abi_version":3,"amount":-1,"call_data":CB,"meta":17}`, "1014"},
		{wire.MethodDryRunCallContract, `{"contract_id":CT,"abi_version":3,"amount":-1,"call_data":CB}`, "ok"},
		{wire.MethodUpdateNewContract, `{"vm_version":-1,"abi_version":3,"deposit":1,"code":CB,"call_data":CB}`, ""},
		{wire.MethodUpdateNewContract, `{"vm_version":7,"abi_version":3,"deposit":-1,"code":CB,"call_data":CB}`, "ok"},
		{wire.MethodGetContractCall, `{"contract_id":CT,"caller_id":A,"round":0}`, "ok"},
		{wire.MethodForceProgress, `{"contract_id":"x","abi_version":3,"amount":1,"call_data":"x","gas_price":1}`, "1005"},
		{wire.MethodForceProgress, `{"contract_id":CT,"abi_version":3,"amount":1,"call_data":"x","gas_price":1}`, "1005"},
		{wire.MethodForceProgress, `{"contract_id":"x","abi_version":3,"amount":1,"call_data":CB,"gas_price":"1"}`, "1008"},
		{wire.MethodForceProgress, `{"contract_id":CT,"abi_version":3,"amount":1,"call_data":CB,"gas_price":1,"gas":"x"}`, "-32603"},
		{wire.MethodForceProgress, `{"contract_id":CT,"abi_version":3,"amount":1,"call_data":CB,"gas_price":1,"nonce":-1}`, "-32603"},
		{wire.MethodForceProgress, `{"contract_id":CT,"abi_version":3,"amount":1,"call_data":CB,"gas_price":1,"gas":-1}`, "ok"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.params, func(t *testing.T) {
			_, a := decodeRequest(&wire.Request{Method: test.method, Params: []byte(words.Replace(test.params))})
			if got := codesOf(a); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// codesOf is what a refusal says: its sub-codes, or else its code.
func codesOf(a *answer) string {
	switch {
	case a == nil:
		return ""
	case len(a.sub) > 0:
		return strings.Trim(fmt.Sprint(a.sub), "[]")
	case a.code != 0:
		return fmt.Sprint(a.code)
	}
	return "ok"
}
