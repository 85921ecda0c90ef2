package tx

// Prefix is the two letters in front of the underscore of a text: what kind of
// value it holds (encoding.md section 1).
type Prefix string

// The known prefixes, with the size of their payload where it is fixed. All
// are base58 except those marked base64.
const (
	PrefixAccount           Prefix = "ak" // account public key, 32 bytes
	PrefixByteArray         Prefix = "ba" // any bytes, used for fsm_id, base64
	PrefixFraudHash         Prefix = "bf" // proof-of-fraud hash, 32 bytes
	PrefixBlockState        Prefix = "bs" // block state hash, 32 bytes
	PrefixBlockTransactions Prefix = "bx" // block transactions hash, 32 bytes
	PrefixContractBytes     Prefix = "cb" // contract code, call data, return value, base64
	PrefixChannel           Prefix = "ch" // channel id, 32 bytes
	PrefixStoreKey          Prefix = "ck" // contract store key, base64
	PrefixCommitment        Prefix = "cm" // name commitment, 32 bytes
	PrefixCallTree          Prefix = "cs" // contract-call state tree, base64
	PrefixContract          Prefix = "ct" // contract public key, 32 bytes
	PrefixStoreValue        Prefix = "cv" // contract store value, base64
	PrefixKeyBlock          Prefix = "kh" // key block hash, 32 bytes
	PrefixMicroBlock        Prefix = "mh" // micro block hash, 32 bytes
	PrefixName              Prefix = "nm" // name, any size
	PrefixOracle            Prefix = "ok" // oracle public key, 32 bytes
	PrefixOracleQueryID     Prefix = "oq" // oracle query id, 32 bytes
	PrefixOracleResponse    Prefix = "or" // oracle response, base64
	PrefixOracleQuery       Prefix = "ov" // oracle query text, base64
	PrefixProof             Prefix = "pi" // proof of inclusion, base64
	PrefixPeer              Prefix = "pp" // peer public key, 32 bytes
	PrefixSignature         Prefix = "sg" // signature, 64 bytes
	PrefixSecretKey         Prefix = "sk" // account secret key: the Ed25519 seed, 32 bytes
	PrefixStateTrees        Prefix = "ss" // state trees, base64
	PrefixState             Prefix = "st" // state hash, 32 bytes, base64
	PrefixTxHash            Prefix = "th" // transaction hash, 32 bytes
	PrefixTransaction       Prefix = "tx" // transaction, normally a signed_tx, base64
)

// Prefixes returns the 27 known prefixes in alphabetical order.
func Prefixes() []Prefix {
	return []Prefix{
		PrefixAccount, PrefixByteArray, PrefixFraudHash, PrefixBlockState, PrefixBlockTransactions,
		PrefixContractBytes, PrefixChannel, PrefixStoreKey, PrefixCommitment, PrefixCallTree,
		PrefixContract, PrefixStoreValue, PrefixKeyBlock, PrefixMicroBlock, PrefixName,
		PrefixOracle, PrefixOracleQueryID, PrefixOracleResponse, PrefixOracleQuery, PrefixProof,
		PrefixPeer, PrefixSignature, PrefixSecretKey, PrefixStateTrees, PrefixState, PrefixTxHash,
		PrefixTransaction,
	}
}

// Size returns how many bytes the payload of p has, or 0 when any number is
// allowed.
func (p Prefix) Size() int {
	_, size, _ := p.form()
	return size
}

// form returns how texts of p are written; known is false for a prefix outside
// the table of encoding.md section 1.
func (p Prefix) form() (base58 bool, size int, known bool) {
	switch p {
	case PrefixAccount, PrefixFraudHash, PrefixBlockState, PrefixBlockTransactions, PrefixChannel,
		PrefixCommitment, PrefixContract, PrefixKeyBlock, PrefixMicroBlock, PrefixOracle,
		PrefixOracleQueryID, PrefixPeer, PrefixSecretKey, PrefixTxHash:
		return true, 32, true
	case PrefixSignature:
		return true, 64, true
	case PrefixName:
		return true, 0, true
	case PrefixState:
		return false, 32, true
	case PrefixByteArray, PrefixContractBytes, PrefixStoreKey, PrefixCallTree, PrefixStoreValue,
		PrefixOracleResponse, PrefixOracleQuery, PrefixProof, PrefixStateTrees, PrefixTransaction:
		return false, 0, true
	}
	return false, 0, false
}
