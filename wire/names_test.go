package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every constant with one of the prefixes is in its list.
func TestListsAreComplete(t *testing.T) {
	lists := map[string][]string{
		"Method":  append(Methods(), Notifications()...),
		"Tag":     SignTags(),
		"Event":   Events(),
		"OnChain": OnChainInfos(),
	}
	fset := token.NewFileSet()
	found := 0
	for _, file := range []string{"methods.go", "events.go", "codes.go"} {
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
				return true
			}
			name := spec.Names[0].Name
			value, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				return true // a negative code
			}
			if code, ok := strings.CutPrefix(name, "Code"); ok {
				n, err := strconv.Atoi(value.Value)
				if err != nil || ErrorMessage(n) == "" {
					t.Errorf("code %s has no message", code)
				}
				found++
				return true
			}
			for prefix, list := range lists {
				if strings.HasPrefix(name, prefix) {
					found++
					if text, _ := strconv.Unquote(value.Value); !slices.Contains(list, text) {
						t.Errorf("%s is in no list", name)
					}
				}
			}
			return true
		})
	}
	if found < 140 {
		t.Errorf("only %d constants", found)
	}
}

func TestAnswerMethod(t *testing.T) {
	for _, tt := range []struct{ tag, method string }{
		{TagInitiatorSign, MethodInitiatorSign}, {TagResponderSign, MethodResponderSign},
		{TagUpdate, MethodUpdate}, {TagUpdateAck, MethodUpdateAck},
		{TagDepositTx, MethodDepositTx}, {TagDepositAck, MethodDepositAck},
		{TagWithdrawTx, MethodWithdrawTx}, {TagWithdrawAck, MethodWithdrawAck},
		{TagShutdownSign, MethodShutdownSign}, {TagShutdownSignAck, MethodShutdownSignAck},
		{TagCloseSoloSign, MethodCloseSoloSign}, {TagSlashTx, MethodSlashSign}, {TagSettleSign, MethodSettleSign},
		{TagSnapshotSoloTx, MethodSnapshotSoloSign}, {TagForceProgressTx, MethodForceProgressSign},
		{"unheard_of", "channels.unheard_of"},
	} {
		if got := AnswerMethod(tt.tag); got != tt.method {
			t.Errorf("%s is answered with %s, want %s", tt.tag, got, tt.method)
		}
		if got := AnsweredTag(tt.method); got != tt.tag && tt.tag != "unheard_of" {
			t.Errorf("%s answers %q, want %q", tt.method, got, tt.tag)
		}
	}
}

func TestAnsweredTagOfAliasesAndOthers(t *testing.T) {
	for method, want := range map[string]string{
		MethodSlashTx: TagSlashTx, MethodSettleTx: TagSettleSign, MethodCloseSoloTx: TagCloseSoloSign, MethodForceProgressTx: TagForceProgressTx,
		MethodSnapshotSoloTx: "", MethodUpdateNew: "", "channels.unheard_of": "",
	} {
		if got := AnsweredTag(method); got != want {
			t.Errorf("%s answers %q, want %q", method, got, want)
		}
	}
}

func TestReplyMethod(t *testing.T) {
	for method, want := range map[string]string{
		MethodGetPoI: MethodGetPoIReply, MethodSystem: MethodSystemPong, MethodCleanContractCalls: MethodCallsPrunedReply,
		MethodHistoryFetch: MethodHistoryFetchReply, MethodDryRunCallContract: MethodDryRunCallContractReply,
	} {
		if got := ReplyMethod(method); got != want {
			t.Errorf("%s is answered by %s, want %s", method, got, want)
		}
	}
}

func TestConflictMessage(t *testing.T) {
	for code, want := range map[int]string{
		0: "unknown", 1: "validation error", 2: "conflict", 3: "timeout", 4: "abort", 5: "rejected on-chain",
		6: "unknown", 127: "unknown", 128: "user-defined", 65535: "user-defined",
	} {
		if got := ConflictMessage(code); got != want {
			t.Errorf("conflict %d: got %q, want %q", code, got, want)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k := KindResult; k <= KindInvalid; k++ {
		if strings.HasPrefix(k.String(), "Kind(") {
			t.Errorf("kind %d has no name", k)
		}
	}
	if got := Kind(99).String(); got != "Kind(99)" {
		t.Errorf("got %s", got)
	}
	if got := ID("null").String() + ID(nil).String(); got != "null" {
		t.Errorf("got %s", got)
	}
}
