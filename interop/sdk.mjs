// What differs between the version lines of the SDK.

import { createPrivateKey } from 'node:crypto';
import { createRequire } from 'node:module';

// load imports the SDK. Line 12 is a CommonJS module to Node.js.
export async function load(line) {
  holdEarlyFrames();
  const module = await import('@aeternity/aepp-sdk');
  const sdk = module.Channel ? module : module.default;
  return { ...adapters[line](sdk), Channel: sdk.Channel, Node: sdk.Node };
}

// holdEarlyFrames makes the WebSocket library of the SDK deliver frames that came
// in one piece with the answer to the upgrade a moment later, when the promise of
// Channel.initialize has resolved. Until then nobody can listen to the channel's
// events, and line 12 loses what it sends because of such a frame.
function holdEarlyFrames() {
  const { client } = createRequire(import.meta.url)('websocket');
  const { succeedHandshake } = client.prototype;
  client.prototype.succeedHandshake = function succeed() {
    const { socket, firstDataChunk: early } = this;
    this.firstDataChunk = Buffer.alloc(0);
    let connection;
    this.once('connect', (made) => { connection = made; });
    succeedHandshake.call(this);
    if (early.length === 0) return;
    socket.pause();
    setImmediate(() => {
      connection.handleSocketData(early);
      socket.resume();
    });
  };
}

// publicKey returns the Ed25519 key of a 32-byte seed.
function publicKey(seed) {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const { x } = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

const adapters = {
  12: (sdk) => ({
    async account(seed) {
      const address = sdk.encode(publicKey(seed), 'ak');
      const keypair = { publicKey: address, secretKey: Buffer.concat([seed, publicKey(seed)]).toString('hex') };
      const account = new sdk.MemoryAccount({ keypair });
      return { address, sign: (tx, networkId) => account.signTransaction(tx, { networkId }) };
    },
    // unpack returns the transaction inside a signed one and how many signed it.
    unpack(text) {
      const { signatures, encodedTx } = sdk.unpackTx(text, sdk.Tag.SignedTx).tx;
      return { ...encodedTx.tx, type: sdk.Tag[encodedTx.txType], signatures: signatures.length };
    },
    signedState: async (channel) => (await channel.state()).signedTx,
    proven(poi, address) {
      const { accounts } = sdk.unpackTx(poi, sdk.Tag.TreesPoi).tx;
      const entry = accounts[0].get(Buffer.from(sdk.decode(address)).toString('hex'));
      return sdk.unpackTx(sdk.encode(entry, 'tx')).tx.balance;
    },
    eventName: (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
    ignoreVersion: true, // it accepts nodes up to version 6 only
  }),
  13: (sdk) => ({
    async account(seed) {
      const account = new sdk.MemoryAccount(Buffer.concat([seed, publicKey(seed)]).toString('hex'));
      return { address: account.address, sign: (tx, networkId) => account.signTransaction(tx, { networkId }) };
    },
    unpack: unpack(sdk),
    signedState: async (channel) => sdk.buildTx((await channel.state()).signedTx),
    proven: (poi, address) => poi.accounts[0].get(address).balance,
    eventName: (name) => name,
    ignoreVersion: false,
  }),
  14: (sdk) => ({
    async account(seed) {
      const account = new sdk.AccountMemory(sdk.encode(seed, 'sk'));
      return { address: account.address, sign: (tx, networkId) => account.signTransaction(tx, { networkId }) };
    },
    unpack: unpack(sdk),
    signedState: async (channel) => sdk.buildTx((await channel.state()).signedTx),
    proven: (poi, address) => poi.accounts[0].get(address).balance,
    eventName: (name) => name,
    reestablish: { reestablish: true },
    ignoreVersion: false,
  }),
};

const unpack = (sdk) => (text) => {
  const { signatures, encodedTx } = sdk.unpackTx(text, sdk.Tag.SignedTx);
  return { ...encodedTx, type: sdk.Tag[encodedTx.tag], signatures: signatures.length };
};
