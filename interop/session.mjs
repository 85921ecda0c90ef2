// Two Channel objects of the SDK on the embedded node: the steps of one version
// line. Usage: node session.mjs LINE ws://HOST:PORT NETWORK-ID

import { createHash } from 'node:crypto';
import { isDeepStrictEqual, inspect } from 'node:util';
import { exitCodes } from './exit.mjs';
import { load } from './sdk.mjs';

const [line, url, networkId] = process.argv.slice(2);
const patience = 15_000; // for whatever a step waits for

class Difference extends Error {}

const show = (value) => inspect(value, { breakLength: Infinity, depth: 5 });

function same(what, got, want) {
  if (!isDeepStrictEqual(got, want)) throw new Difference(`${what}: got ${show(got)}, want ${show(want)}`);
}

function truth(what, ok, got) {
  if (!ok) throw new Difference(`${what}: got ${show(got)}`);
}

async function eventually(what, read, want) {
  const deadline = Date.now() + patience;
  for (;;) {
    const got = await read();
    if (isDeepStrictEqual(got, want)) return;
    if (Date.now() > deadline) throw new Difference(`${what}: still ${show(got)} after ${patience / 1000} s, want ${show(want)}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

// settled waits for a promise of the SDK: some of them stay open for ever when a
// frame is not the one they expect.
async function settled(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Difference(`${what}: no result after ${patience / 1000} s`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

let sdk;
try {
  sdk = await load(line);
} catch (error) {
  console.log(`  skipped, it does not run on Node.js ${process.versions.node}: ${error.message.split('\n')[0]}`);
  process.exit(exitCodes.doesNotRun);
}

// Line 12 writes what goes wrong inside it to the console, the later ones emit it.
const complaints = [];
console.error = (...args) => complaints.push(args.map((a) => (a instanceof Error ? a.message : show(a))).join(' '));

const seed = (name) => createHash('sha256').update(`chanbot interop ${name}`).digest();
const coin = 10n ** 18n;
const terms = {
  initiatorAmount: 5n * coin,
  responderAmount: 3n * coin,
  pushAmount: coin,
  channelReserve: 1000n,
  lockPeriod: 5,
  host: 'localhost',
  port: 3100,
  timeoutSign: 20_000,
  timeoutAccept: 20_000,
  timeoutFundingLock: 30_000,
};

// A Side is one end of the channel: its account, its Channel object, and what the
// object was asked to sign and told since the step began.
class Side {
  constructor(role, account) {
    Object.assign(this, account, { role });
  }

  // answer is the sign function: it signs, or returns the code of an abort once.
  answer = async (tag, tx, options = {}) => {
    this.tags.push(tag);
    this.updates = options.updates ?? [];
    const code = this.abort;
    this.abort = undefined;
    return code ?? this.account.sign(tx, networkId);
  };

  own = (tag) => (tx, options) => this.answer(tag, tx, options);

  async connect(more = {}) {
    this.forget();
    this.channel = await settled('connect', sdk.Channel.initialize({
      ...terms, url: `${url}/channel`, role: this.role, initiatorId: initiator.address, responderId: responder.address, sign: this.answer, ...more,
    }));
    this.statuses.push(this.channel.status());
    this.channel.on('statusChanged', (status) => this.statuses.push(status));
    this.channel.on('onChainTx', (tx, { info }) => this.onChain.push(info));
    this.channel.on('error', (error) => complaints.push(`${this.role}: ${error.message}`));
    for (const event of ['ownDepositLocked', 'depositLocked', 'ownWithdrawLocked', 'withdrawLocked', 'peerDisconnected', 'channelReestablished']) {
      this.channel.on(sdk.eventName(event), () => this.events.push(event));
    }
    this.channel.on('message', (message) => this.events.push(message));
  }

  forget() {
    Object.assign(this, { tags: [], updates: [], events: [], onChain: [], statuses: [] });
  }
}

const initiator = new Side('initiator', await account('initiator'));
const responder = new Side('responder', await account('responder'));
const sides = [initiator, responder];

async function account(name) {
  const made = await sdk.account(seed(name));
  return { address: made.address, account: made };
}

// What the channel must hold after the steps so far.
const expected = { round: 1, initiator: 4n * coin, responder: 4n * coin };

// agreed checks that both sides are open and have the expected round, and that
// the node answers both with the expected balances.
async function agreed(...who) {
  for (const side of who.length > 0 ? who : sides) {
    await eventually(`status of the ${side.role}`, () => side.channel.status(), 'open');
    await eventually(`round of the ${side.role}`, () => side.channel.round(), expected.round);
    const balances = await settled('balances', side.channel.balances([initiator.address, responder.address]));
    same(`balances, asked by the ${side.role}`, Object.entries(balances).map(([id, balance]) => [id, BigInt(balance)]),
      [[initiator.address, expected.initiator], [responder.address, expected.responder]]);
  }
}

const transfer = (from, to, amount, meta) => settled('update',
  from.channel.update(from.address, to.address, Number(amount), from.own('update'), meta));

// funds asks the node's HTTP API what both accounts have on chain.
const node = new sdk.Node(url.replace('ws:', 'http:'), { ignoreVersion: sdk.ignoreVersion });
const funds = () => settled('accounts on chain',
  Promise.all(sides.map(async ({ address }) => BigInt((await node.getAccountByPubkey(address)).balance))));

const gain = (before, after) => after.map((amount, i) => amount - before[i]);

let left; // what leave returned, for coming back

const steps = [
  ['open', async () => {
    await responder.connect();
    await initiator.connect();
    await agreed();
    same('statuses of the initiator', initiator.statuses, ['connected', 'accepted', 'signed', 'open']);
    same('statuses of the responder', responder.statuses, ['connected', 'halfSigned', 'open']);
    same('what the initiator signed', initiator.tags, ['initiator_sign']);
    same('what the responder signed', responder.tags, ['responder_sign']);
    truth('id of the channel', /^ch_/.test(initiator.channel.id()), initiator.channel.id());
    same('id of the channel at the responder', responder.channel.id(), initiator.channel.id());
    truth('ids of the machines', sides.every(({ channel }) => /^ba_/.test(channel.fsmId())) && initiator.channel.fsmId() !== responder.channel.fsmId(),
      sides.map(({ channel }) => channel.fsmId()));
    return 'round 1, 4 and 4 AE after a push of 1';
  }],
  ['transfer by the initiator', async () => {
    const { accepted, signedTx } = await transfer(initiator, responder, coin / 4n, ['a note']);
    same('accepted', accepted, true);
    const { type, round, signatures } = sdk.unpack(signedTx);
    same('the co-signed state', { type, round: Number(round), signatures }, { type: 'ChannelOffChainTx', round: 2, signatures: 2 });
    expected.round = 2; expected.initiator -= coin / 4n; expected.responder += coin / 4n;
    await agreed();
    same('what was signed', [initiator.tags, responder.tags], [['update'], ['update_ack']]);
    same('updates shown to the responder', responder.updates.map(({ op, from, to, amount, data }) => [op, from, to, String(amount), data]), [
      ['OffChainTransfer', initiator.address, responder.address, String(coin / 4n), undefined],
      ['OffChainMeta', undefined, undefined, 'undefined', 'a note'],
    ]);
    return 'round 2, ¼ AE';
  }],
  ['transfer by the responder', async () => {
    same('accepted', (await transfer(responder, initiator, coin / 2n)).accepted, true);
    expected.round = 3; expected.initiator += coin / 2n; expected.responder -= coin / 2n;
    await agreed();
    return 'round 3, ½ AE';
  }],
  ['state and proof', async () => {
    for (const side of sides) {
      const { type, round, signatures } = sdk.unpack(await settled('state', sdk.signedState(side.channel)));
      same(`state, asked by the ${side.role}`, { type, round: Number(round), signatures }, { type: 'ChannelOffChainTx', round: 3, signatures: 2 });
      const poi = await settled('poi', side.channel.poi({ accounts: [initiator.address, responder.address] }));
      same(`proven balances, asked by the ${side.role}`, sides.map(({ address }) => BigInt(sdk.proven(poi, address))), [expected.initiator, expected.responder]);
    }
    return 'the balances are in the proof';
  }],
  ['message', async () => {
    await initiator.channel.sendMessage('hello', responder.address);
    await eventually('messages at the responder', () => responder.events.map(({ info, from, to }) => ({ info, from, to })),
      [{ info: 'hello', from: initiator.address, to: responder.address }]);
    return 'it arrives';
  }],
  ['transfer above the balance', async () => {
    const error = await settled('update', transfer(initiator, responder, 100n * coin).then(() => undefined, (e) => e));
    same('error', error?.constructor.name, 'InsufficientBalanceError');
    await agreed();
    same('what was signed', [initiator.tags, responder.tags], [[], []]);
    return 'InsufficientBalanceError, nothing changed';
  }],
  ['abort by the proposer', async () => {
    initiator.abort = 42;
    same('result', await transfer(initiator, responder, coin), { accepted: false });
    same('what was signed', [initiator.tags, responder.tags], [['update'], []]);
    await agreed();
    return 'not accepted, the peer is not asked, round 3';
  }],
  ['abort by the acknowledger', async () => {
    responder.abort = 147;
    same('result', await transfer(initiator, responder, coin), { accepted: false, errorCode: 147, errorMessage: 'user-defined' });
    await agreed();
    return 'code 147 arrives, round 3';
  }],
  ['transfer after the aborts', async () => {
    same('accepted', (await transfer(initiator, responder, 1n)).accepted, true);
    expected.round = 4; expected.initiator -= 1n; expected.responder += 1n;
    await agreed();
    return 'round 4';
  }],
  ['deposit', async () => locked('deposit', initiator, responder, coin)],
  ['deposit, aborted by the acknowledger', async () => {
    responder.abort = 200;
    same('result', await settled('deposit', initiator.channel.deposit(Number(coin), initiator.own('deposit_tx'))), { accepted: false, errorCode: 200, errorMessage: 'user-defined' });
    same('what was signed', [initiator.tags, responder.tags], [['deposit_tx'], ['deposit_ack']]);
    await agreed();
    return 'code 200 arrives, round 5';
  }],
  ['withdraw', async () => locked('withdraw', responder, initiator, coin / 2n)],
  ['withdraw, aborted by the proposer', async () => {
    responder.abort = 42;
    same('result', await settled('withdraw', responder.channel.withdraw(Number(coin), responder.own('withdraw_tx'))), { accepted: false });
    same('what was signed', [initiator.tags, responder.tags], [[], ['withdraw_tx']]);
    await agreed();
    return 'not accepted, the peer is not asked, round 6';
  }],
  ['leave by the initiator', async () => {
    const before = initiator.channel;
    const { channelId, signedTx } = await settled('leave', before.leave());
    same('id that leave returns', channelId, responder.channel.id());
    const { type, round } = sdk.unpack(signedTx);
    same('state that leave returns', { type, round: Number(round) }, { type: 'ChannelWithdrawTx', round: expected.round });
    await eventually('status of the initiator', () => before.status(), 'disconnected');
    await eventually('events of the responder', () => responder.events, ['peerDisconnected']);
    await agreed(responder);
    left = { existingChannelId: channelId, offchainTx: signedTx };
    return 'the responder stays open';
  }],
  ['reestablish by the initiator', async () => {
    const old = initiator.channel.fsmId();
    await initiator.connect({ ...left, existingFsmId: old, ...sdk.reestablish });
    await eventually('events of the responder', () => responder.events, ['channelReestablished']);
    if (!sdk.reestablish) await eventually('events of the initiator', () => initiator.events, ['channelReestablished']);
    await agreed();
    truth('new id of the machine', /^ba_/.test(initiator.channel.fsmId()) && initiator.channel.fsmId() !== old, initiator.channel.fsmId());
    return 'round and balances as before, a new fsm_id';
  }],
  ['transfer after reestablish', async () => {
    same('accepted', (await transfer(responder, initiator, 7n)).accepted, true);
    expected.round += 1; expected.initiator += 7n; expected.responder -= 7n;
    await agreed();
    return `round ${expected.round}`;
  }],
  ['leave by the responder', async () => {
    const { channelId, signedTx } = await settled('leave', responder.channel.leave());
    same('id that leave returns', channelId, left.existingChannelId);
    same('round that leave returns', Number(sdk.unpack(signedTx).round), expected.round);
    await eventually('status of the responder', () => responder.channel.status(), 'disconnected');
    await eventually('statuses of the initiator', () => initiator.statuses, ['died', 'disconnected']);
    left = { existingChannelId: channelId, offchainTx: signedTx };
    return 'the initiator ends too';
  }],
  ['reestablish by both', async () => {
    for (const side of [responder, initiator]) await side.connect({ ...left, existingFsmId: side.channel.fsmId(), ...sdk.reestablish });
    if (!sdk.reestablish) for (const side of sides) await eventually(`events of the ${side.role}`, () => side.events, ['channelReestablished']);
    await agreed();
    same('accepted', (await transfer(initiator, responder, 7n)).accepted, true);
    expected.round += 1; expected.initiator -= 7n; expected.responder += 7n;
    await agreed();
    return `round ${expected.round} after another transfer`;
  }],
  ['shutdown, aborted by the acknowledger', async () => {
    responder.abort = 333;
    const error = await settled('shutdown', initiator.channel.shutdown(initiator.own('shutdown_sign')).then(() => undefined, (e) => e));
    truth('error of shutdown', /"method":"channels.conflict"/.test(error?.message) && /"error_code":333\b/.test(error?.message), error?.message);
    same('what was signed', [initiator.tags, responder.tags], [['shutdown_sign'], ['shutdown_sign_ack']]);
    await agreed();
    return 'code 333 arrives, still open';
  }],
  ['shutdown', async () => {
    const before = await funds();
    const tx = await settled('shutdown', initiator.channel.shutdown(initiator.own('shutdown_sign')));
    const { type, signatures, fee, initiatorAmountFinal, responderAmountFinal } = sdk.unpack(tx);
    same('closing transaction', { type, signatures }, { type: 'ChannelCloseMutualTx', signatures: 2 });
    const half = BigInt(fee) / 2n;
    same('final amounts', [BigInt(initiatorAmountFinal), BigInt(responderAmountFinal)], [expected.initiator - (BigInt(fee) - half), expected.responder - half]);
    // The SDK enters open again behind closing.
    await eventually('statuses of the responder', () => responder.statuses.filter((status) => status !== 'open'), ['closing', 'closed', 'disconnected']);
    await eventually('statuses of the initiator', () => initiator.statuses, ['disconnected']);
    same('what the responder saw on chain', responder.onChain, ['close_mutual', 'channel_closed']);
    same('gain on chain', gain(before, await funds()), [BigInt(initiatorAmountFinal), BigInt(responderAmountFinal)]);
    return 'final amounts less the fee, paid out on chain';
  }],
];

// locked plays a deposit or a withdraw of side and checks it off and on chain.
async function locked(action, side, peer, amount) {
  const Action = action[0].toUpperCase() + action.slice(1);
  const before = await funds();
  const told = [];
  const { accepted, signedTx } = await settled(action, side.channel[action](Number(amount), side.own(`${action}_tx`), {
    onOnChainTx: () => told.push('onChainTx'),
    [`onOwn${Action}Locked`]: () => told.push('own locked'),
    [`on${Action}Locked`]: () => told.push('locked'),
  }));
  same('accepted', accepted, true);
  same('callbacks', told, ['onChainTx', 'onChainTx', 'own locked', 'locked']);
  expected.round += 1;
  expected[side.role] += action === 'deposit' ? amount : -amount;
  const unpacked = sdk.unpack(signedTx);
  same('the transaction', { type: unpacked.type, amount: BigInt(unpacked.amount), round: Number(unpacked.round), signatures: unpacked.signatures },
    { type: `Channel${Action}Tx`, amount, round: expected.round, signatures: 2 });
  await agreed();
  same(`what the ${peer.role} signed`, peer.tags, [`${action}_ack`]);
  same(`what the ${peer.role} saw on chain`, peer.onChain, [`${action}_created`, 'channel_changed']);
  await eventually(`events of the ${peer.role}`, () => peer.events, [`own${Action}Locked`, `${action}Locked`]);
  const fee = BigInt(unpacked.fee);
  const change = action === 'deposit' ? -amount - fee : amount - fee;
  same('gain on chain', gain(before, await funds()), sides.map((s) => (s === side ? change : 0n)));
  return `round ${expected.round}, balances changed in the channel and on chain`;
}

for (const [name, step] of steps) {
  try {
    sides.forEach((side) => side.forget());
    const told = await step();
    same('what the SDK complained about', complaints, []);
    console.log(`  ✓ ${name}: ${told}`);
  } catch (error) {
    const reason = error instanceof Difference ? error.message : error.stack;
    console.log(`  ✗ ${name}: ${reason}`);
    if (complaints.length > 0) console.log(`    the SDK complained: ${complaints.join('; ')}`);
    process.exit(exitCodes.failed);
  }
}
process.exit(exitCodes.passed);
