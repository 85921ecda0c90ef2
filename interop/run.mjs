// The driver: installs each version line of the SDK into a scratch folder, serves
// the embedded node for it, and plays session.mjs. It ends with 1 when a step
// differs; a line that does not install, or not run here, is only reported.

import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes } from './exit.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const scratch = join(here, '..', '.cache', 'interop');
const minutes = 60_000;
const installLimit = 2 * minutes;
const playLimit = 2 * minutes;
const startLimit = 10_000;

const [chanbot = 'bin/chanbot', ...chosen] = process.argv.slice(2);
const lines = chosen.length > 0 ? chosen : ['12', '13', '14'];

// Whatever was started ends with this program.
const children = new Set();
const killAll = () => children.forEach((child) => kill(child));
process.on('exit', killAll);
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.on(signal, () => process.exit(code));
}

// start runs a program in a process group of its own, so that what it starts can
// be ended with it.
function start(command, args, options) {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  children.add(child);
  child.ended = new Promise((resolve) => {
    child.on('error', (error) => { children.delete(child); resolve({ code: -1, error }); });
    child.on('close', (code, signal) => { children.delete(child); resolve({ code, signal }); });
  });
  return child;
}

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

// within waits for the end of a child and kills it when that takes too long.
async function within(limit, child) {
  let late = false;
  const timer = setTimeout(() => { late = true; kill(child); }, limit);
  const end = await child.ended;
  clearTimeout(timer);
  return { ...end, late };
}

function collect(stream) {
  const text = { all: '' };
  stream.setEncoding('utf8').on('data', (part) => { text.all += part; });
  return text;
}

const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ESOCKETTIMEDOUT|ENETUNREACH|EHOSTUNREACH|EIDLETIMEOUT|ERR_SOCKET_TIMEOUT|E40[137]|E429|E5\d\d)\b/;

let silent = ''; // why the registry cannot be reached

// install puts a line of the SDK into its scratch folder. A folder that was filled
// from the same package.json before is used again.
async function install(line) {
  const template = join(here, 'lines', line);
  const dir = join(scratch, line);
  const wanted = await readFile(join(template, 'package.json'), 'utf8');
  const version = JSON.parse(wanted).dependencies['@aeternity/aepp-sdk'];
  const filled = await readFile(join(dir, 'node_modules', '.filled'), 'utf8').catch(() => '');
  if (filled !== wanted) {
    if (silent) return { version, away: silent };
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await cp(template, dir, { recursive: true });
    const npm = start('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: dir });
    const stderr = collect(npm.stderr);
    npm.stdout.resume();
    const { code, late } = await within(installLimit, npm);
    if (late) {
      silent = `npm took more than ${installLimit / minutes} minutes`;
      return { version, away: silent };
    }
    if (code !== 0) {
      const reason = stderr.all.split('\n').filter((l) => /^npm error (?!A complete log)/.test(l))
        .map((l) => l.replace('npm error ', '').trim()).slice(0, 3).join('; ') || `npm ended with ${code}`;
      if (!unreachable.test(reason)) return { version, broken: reason };
      silent = reason;
      return { version, away: reason };
    }
    await cp(join(dir, 'package.json'), join(dir, 'node_modules', '.filled'));
  }
  return { version, dir };
}

// serve starts the embedded node and returns it with the address it prints.
async function serve() {
  const node = start(chanbot, ['node', '--listen', '127.0.0.1:0', '--block-time', '250ms', '--endow', '1000000000000000000000'], {});
  const stderr = collect(node.stderr);
  const stdout = collect(node.stdout);
  const deadline = Date.now() + startLimit;
  for (;;) {
    const [, url, networkId] = stdout.all.match(/(ws:\/\/\S+?),? network (\S+?),/) ?? [];
    if (url) return { node, url, networkId };
    if (!children.has(node) || Date.now() > deadline) {
      const { error } = children.has(node) ? {} : await node.ended;
      throw new Error(`${chanbot} node did not start: ${error?.message ?? (stderr.all.trim() || 'it printed no address')}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

// play returns how the session of an installed line ended.
async function play(line, dir) {
  const { node, url, networkId } = await serve();
  try {
    for (const file of ['session.mjs', 'sdk.mjs', 'exit.mjs']) await cp(join(here, file), join(dir, file));
    const session = start(process.execPath, ['session.mjs', line, url, networkId], { cwd: dir, stdio: ['ignore', 'inherit', 'inherit'] });
    return await within(playLimit, session);
  } finally {
    kill(node);
    await node.ended;
  }
}

if (Number(process.versions.node.split('.')[0]) < 18) {
  console.log(`interop: skipped, Node.js ${process.versions.node} is too old, 18 is needed`);
  process.exit(0);
}

const tally = { passed: 0, failed: 0, skipped: 0 };
for (const line of lines) {
  const { version, dir, away, broken } = await install(line);
  const name = `@aeternity/aepp-sdk ${version}`;
  if (away || broken) {
    tally.skipped += 1;
    console.log(`${name}: skipped, ${away ? 'the npm registry cannot be reached' : 'it does not install'}: ${away ?? broken}`);
    continue;
  }
  console.log(`${name} on Node.js ${process.versions.node}`);
  const began = Date.now();
  const { code, signal, late } = await play(line, dir);
  if (code === exitCodes.passed) {
    tally.passed += 1;
    console.log(`  passed in ${Math.round((Date.now() - began) / 1000)} s`);
  } else if (code === exitCodes.doesNotRun) {
    tally.skipped += 1;
  } else {
    tally.failed += 1;
    if (late) console.log(`  ✗ still running after ${playLimit / minutes} minutes`);
    else if (code !== exitCodes.failed) console.log(`  ✗ ended with ${signal ?? code}`);
  }
}
console.log(`interop: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;
