package wire

// Top-level error codes (section 4.1).
const (
	CodeUnauthorized     = 1 // never sent
	CodeActionNotAllowed = 2 // only with CodeOffchainTxExpected
	CodeRejected         = 3 // with every other sub-code
	CodeInvalidRequest   = -32000
	CodeMethodNotFound   = -32601
	CodeInvalidParams    = -32602 // never sent
	CodeInternalError    = -32603
	CodeParseError       = -32700 // never sent
)

// Sub-codes, error.data[].code (section 4.2).
const (
	CodeDoesNotExist        = 100
	CodeRequiresCoin        = 101
	CodeGasTooLow           = 102
	CodeGasLimitExceeded    = 103
	CodeBrokenCode          = 104
	CodeValueTooLow         = 105
	CodeTimeout             = 106
	CodeConflict            = 107
	CodeNotReady            = 108
	CodeInsufficientBalance = 1001
	CodeNegativeAmount      = 1002
	CodeInvalidPubkeys      = 1003
	CodeCallNotFound        = 1004
	CodeBrokenAccount       = 1005
	CodeBrokenContract      = 1006
	CodeContractInitFailed  = 1007
	CodeNotANumber          = 1008
	CodeBrokenBytearray     = 1009
	CodeBrokenTransaction   = 1010
	CodeParticipantNotFound = 1011
	CodeOffchainTxExpected  = 1012
	CodeTxAlreadyOnChain    = 1013
	CodeInvalidMeta         = 1014
	CodeInvalidErrorCode    = 1015
	CodeInvalidFSMID        = 1016
	CodeBadSignature        = 1017
	CodeNotAllowed          = 1018
	CodeABIMismatch         = 1019
	CodeVMMismatch          = 1020
	CodeMissingFSMID        = 2000
)

var errorMessages = map[int]string{
	CodeUnauthorized:     "Unauthorized",
	CodeActionNotAllowed: "Action not allowed",
	CodeRejected:         "Rejected",
	CodeInvalidRequest:   "Invalid request",
	CodeMethodNotFound:   "Method not found",
	CodeInvalidParams:    "Invalid params",
	CodeInternalError:    "Internal error",
	CodeParseError:       "Parse error",

	CodeDoesNotExist:        "X doesn't exist",
	CodeRequiresCoin:        "Requires coin",
	CodeGasTooLow:           "Gas too low",
	CodeGasLimitExceeded:    "Gas limit exceeded",
	CodeBrokenCode:          "Rejected",
	CodeValueTooLow:         "Value too low",
	CodeTimeout:             "Timeout",
	CodeConflict:            "Conflict",
	CodeNotReady:            "Not ready",
	CodeInsufficientBalance: "Insufficient balance",
	CodeNegativeAmount:      "Negative amount",
	CodeInvalidPubkeys:      "Invalid pubkeys",
	CodeCallNotFound:        "Call not found",
	CodeBrokenAccount:       "Broken encoding: account pubkey",
	CodeBrokenContract:      "Broken encoding: contract pubkey",
	CodeContractInitFailed:  "Contract init failed",
	CodeNotANumber:          "Not a number",
	CodeBrokenBytearray:     "Broken encoding: contract bytearray",
	CodeBrokenTransaction:   "Broken encoding: transaction",
	CodeParticipantNotFound: "Participant not found",
	CodeOffchainTxExpected:  "Offchain tx expected",
	CodeTxAlreadyOnChain:    "Tx already on-chain",
	CodeInvalidMeta:         "Invalid meta object",
	CodeInvalidErrorCode:    "Invalid error code (expect 1...65535)",
	CodeInvalidFSMID:        "Invalid fsm id",
	CodeBadSignature:        "Bad signature",
	CodeNotAllowed:          "Not allowed at current channel state",
	CodeABIMismatch:         "ABI version mismatch",
	CodeVMMismatch:          "VM version mismatch",
	CodeMissingFSMID:        "Missing field: existing_fsm_id",
}

// ErrorMessage returns the node's text for a top-level code or a sub-code
// (sections 4.1, 4.2), and "" for a code that is in neither table.
func ErrorMessage(code int) string { return errorMessages[code] }

// Conflict codes, "error_code" of channels.conflict (section 6.5). Any other
// code in 1..65535 comes from a client's abort.
const (
	ConflictValidation = 1
	ConflictConflict   = 2
	ConflictTimeout    = 3
	ConflictAbort      = 4 // only defined, never produced by a node
	ConflictRejected   = 5
)

// ConflictMessage returns the "error_msg" that the node writes beside a
// conflict code (section 6.5).
func ConflictMessage(code int) string {
	switch {
	case code == ConflictValidation:
		return "validation error"
	case code == ConflictConflict:
		return "conflict"
	case code == ConflictTimeout:
		return "timeout"
	case code == ConflictAbort:
		return "abort"
	case code == ConflictRejected:
		return "rejected on-chain"
	case code >= 128:
		return "user-defined"
	}
	return "unknown"
}
