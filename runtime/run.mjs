// node runtime/run.mjs SCRIPT [ARGUMENT…]
//
// Runs a script of ours under the Node that runtime/ brings, after installing whatever is missing. Without a script it only
// installs. Any Node from 20 on starts this file; once it runs under ours, the script runs in the same process.

import { spawn } from 'node:child_process';
import module from 'node:module';
import { availableParallelism, constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { environment, placeAt, prepare } from './prepare.mjs';

const UNAVAILABLE = 5;

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  say(`Sallyport needs Node 20 or later to start; this is Node ${process.versions.node}.`);
  process.exit(UNAVAILABLE);
}

const place = placeAt(dirname(dirname(fileURLToPath(import.meta.url))));
const wrong = prepare(place, say, process.env);
if (wrong) {
  say(
    `The installation did not finish, so nothing was started. This is what it said:\n\n${wrong}\n`,
  );
  say('Once that is mended, run the same command again: it carries on from here.');
  process.exit(UNAVAILABLE);
}

const [script, ...args] = process.argv.slice(2);
if (script) {
  if (process.version === `v${place.wanted}`) await runHere(resolve(script));
  else runUnderOurNode(script, args);
}

/** @param {string} file */
async function runHere(file) {
  process.env.PATH = environment(place, process.env).PATH;
  process.argv.splice(1, 2, file);
  // As many passwords are hashed at once as there are cores; a disk must not wait behind them.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism() + 2));
  module.enableCompileCache(join(place.root, '.cache', 'compile'));
  await import(pathToFileURL(file).href);
}

/**
 * @param {string} file
 * @param {string[]} rest
 */
function runUnderOurNode(file, rest) {
  const child = spawn(place.node, [fileURLToPath(import.meta.url), file, ...rest], {
    stdio: 'inherit',
    env: environment(place, process.env),
  });
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // Ctrl-C at a terminal reaches the child as it reaches us: sent on, it would arrive twice and mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    say(`Node ${place.wanted} could not be started: ${error.message}.`);
    say('Delete runtime/node_modules and run the same command again.');
    process.exit(UNAVAILABLE);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
  });
}
