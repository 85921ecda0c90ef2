// Transfers on channels of the SDK, as fast as they go: 20 pairs of Channel
// objects in one process. It prints one line of JSON.
// Usage: node transfers.mjs ws://HOST:PORT NETWORK-ID PAIRS SECONDS sdk|native
//
// With sdk the account of the SDK signs, with native Node.js does it.

import { createHash, createPrivateKey, sign } from 'node:crypto';
import { AccountMemory, Channel, encode } from '@aeternity/aepp-sdk';

const [url, networkId, pairCount, seconds, signing] = process.argv.slice(2);
const warmup = 2_000;
const coin = 10n ** 18n;

class NativeAccount extends AccountMemory {
  constructor(seed) {
    super(encode(seed, 'sk'));
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    this.key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  }

  async unsafeSign(data) {
    return sign(null, data, this.key);
  }
}

function account(name) {
  const seed = createHash('sha256').update(`chanbot bench ${name}`).digest();
  return signing === 'native' ? new NativeAccount(seed) : new AccountMemory(encode(seed, 'sk'));
}

async function open(n) {
  const sides = { initiator: account(`initiator ${n}`), responder: account(`responder ${n}`) };
  const terms = {
    url: `${url}/channel`, initiatorId: sides.initiator.address, responderId: sides.responder.address,
    initiatorAmount: coin, responderAmount: coin, pushAmount: 0, channelReserve: 1000, lockPeriod: 10, host: 'localhost', port: 3100,
  };
  const connect = (role) => Channel.initialize({ ...terms, role, sign: (tag, tx) => sides[role].signTransaction(tx, { networkId }) });
  const responder = await connect('responder');
  const initiator = await connect('initiator');
  await Promise.all([initiator, responder].map((channel) => new Promise((resolve, reject) => {
    const look = (status) => {
      if (status === 'open') resolve();
      if (status === 'died' || status === 'disconnected') reject(new Error(`a channel is ${status}`));
    };
    channel.on('statusChanged', look);
    channel.on('error', reject);
    look(channel.status());
  })));
  return { initiator, sides };
}

const pairs = await Promise.all(Array.from({ length: Number(pairCount) }, (_, n) => open(n)));

let count = 0;
let stop = false;
const loops = pairs.map(async ({ initiator, sides }) => {
  while (!stop) {
    const { accepted } = await initiator.update(sides.initiator.address, sides.responder.address, 1,
      (tx) => sides.initiator.signTransaction(tx, { networkId }));
    if (!accepted) throw new Error('a transfer was not accepted');
    count += 1;
  }
});
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

await Promise.race([sleep(warmup), ...loops]);
const began = process.hrtime.bigint();
const before = count;
const cpu = process.cpuUsage();
await Promise.race([sleep(Number(seconds) * 1000), ...loops]);
const { user, system } = process.cpuUsage(cpu);
const took = Number(process.hrtime.bigint() - began) / 1e9;
const transfers = count - before;
console.log(JSON.stringify({ transfers, seconds: took, cpu: (user + system) * 1000 }));
process.exit(0);
