// What must be on the disk before anything of ours can run, and how it gets there. Any Node from 20 on runs this file, so
// it is plain JavaScript and imports nothing but Node's own modules.
//
// Two installs, in this order: `runtime/` holds one package, the Node that we run on; the root holds all others, and is
// installed by npm running under that Node. An npm 11 under an older Node leaves out, without a word, what that Node is too
// old for and takes older packages instead; so what was installed is compared with the lock file afterwards.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

/** @typedef {{ root: string, nodeFolder: string, node: string, wanted: string }} Place */
/** @typedef {{ resolved?: string, version?: string, optional?: boolean, devOptional?: boolean, link?: boolean, peer?: boolean }} LockEntry */

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * @param {string} root
 * @returns {Place}
 */
export function placeAt(root) {
  const nodeFolder = join(root, 'runtime', 'node_modules', 'node', 'bin');
  const wanted = readJson(join(root, 'runtime', 'package.json')).dependencies.node;
  return { root, nodeFolder, node: join(nodeFolder, 'node'), wanted };
}

/**
 * @param {Place} place
 * @returns {boolean} whether the Node that runtime/package.json asks for is there
 */
export function hasNode(place) {
  const manifest = join(place.root, 'runtime', 'node_modules', 'node', 'package.json');
  return (
    existsSync(place.node) && existsSync(manifest) && readJson(manifest).version === place.wanted
  );
}

/**
 * Whether two lock files tell of the same packages: npm's own, kept in node_modules, is written last by an install, and
 * leaves out optional packages made for other platforms.
 *
 * @param {Record<string, LockEntry>} locked
 * @param {Record<string, LockEntry>} installed
 * @returns {string | undefined} the first package that differs
 */
export function firstDifference(locked, installed) {
  for (const [path, entry] of Object.entries(locked)) {
    if (!path.includes('node_modules/') || entry.link) continue;
    const found = installed[path];
    if (!found && (entry.optional || entry.devOptional || entry.peer)) continue;
    if (found?.version !== entry.version) return path;
  }
  return Object.keys(installed).find((path) => !(path in locked));
}

/**
 * @param {Place} place
 * @returns {boolean} whether node_modules holds what package-lock.json names
 */
export function hasPackages(place) {
  const lockFile = join(place.root, 'package-lock.json');
  const installedFile = join(place.root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const lockTime = statSync(lockFile).mtime;
  if (statSync(installedFile).mtime >= lockTime) return true;
  // A newer file is not always another one: git writes it anew when branches change.
  if (firstDifference(readJson(lockFile).packages, readJson(installedFile).packages)) return false;
  try {
    utimesSync(installedFile, lockTime, lockTime);
  } catch {
    // Not ours to write: the comparison is made again next time.
  }
  return true;
}

/**
 * The environment with our Node first on the PATH, and without what an outer `npm run` says of itself.
 *
 * @param {Place} place
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(place, env) {
  const path = env.PATH ?? '';
  const first = path.split(delimiter)[0] === place.nodeFolder;
  return { ...env, PATH: first ? path : `${place.nodeFolder}${delimiter}${path}` };
}

const OF_THE_OUTER_NPM =
  /^npm_(package_|lifecycle_|config_(local_prefix|user_agent|npm_version|node_gyp)$)/;

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} options
 */
function npmCi(folder, env, options) {
  // Started by npm, we know the very file that npm is; run by hand, the one on the PATH serves.
  const npm = env.npm_execpath ?? '';
  const [command, first] = npm.endsWith('npm-cli.js') ? ['node', [npm]] : ['npm', []];
  const clean = Object.fromEntries(
    Object.entries(env).filter(([name]) => !OF_THE_OUTER_NPM.test(name)),
  );
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];
  const run = spawnSync(command, [...first, 'ci', ...quiet, ...options], {
    cwd: folder,
    env: clean,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (run.error) return `npm could not be started: ${run.error.message}. It comes with Node.js.`;
  if (run.status !== 0) return `${run.stdout}${run.stderr}`.trim();
  return undefined;
}

/**
 * Puts the binary for this machine, which is a package of its own, to where it is run from.
 *
 * @param {Place} place
 * @returns {string | undefined} what went wrong
 */
function putBinary({ root, nodeFolder, node, wanted }) {
  const { platform, arch } = process;
  const packages = join(root, 'runtime', 'node_modules');
  const binary = join(packages, `node-${platform}-${arch}`, 'bin', 'node');
  if (!existsSync(binary))
    return `There is no Node ${wanted} for ${platform} on ${arch}. Run Sallyport on Linux, on x64 or arm64.`;
  mkdirSync(nodeFolder, { recursive: true });
  rmSync(node, { force: true });
  try {
    linkSync(binary, node);
  } catch {
    copyFileSync(binary, node); // Some file systems have no links.
  }
  return undefined;
}

/**
 * Installs what is missing. Says one line when there is something to do, and nothing otherwise.
 *
 * @param {Place} place
 * @param {(line: string) => void} say
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} what went wrong, in full
 */
export function prepare(place, say, env) {
  const nodeThere = hasNode(place);
  if (nodeThere && hasPackages(place)) return undefined;
  say(
    nodeThere
      ? 'Installing the packages that Sallyport uses. This happens once, and again when they change.'
      : `Installing Node ${place.wanted} and the packages that Sallyport uses. This happens once and takes about half a minute.`,
  );
  if (!nodeThere) {
    // The package `node` would fetch the binary for this machine in its install script, held to no hash: ours is locked itself.
    const options = ['--ignore-scripts', '--include=optional'];
    const wrong = npmCi(join(place.root, 'runtime'), env, options) ?? putBinary(place);
    if (wrong) return wrong;
    if (!hasNode(place))
      return `Node ${place.wanted} was installed, but ${place.node} is not there.`;
  }
  const wrong = hasPackages(place) ? undefined : npmCi(place.root, environment(place, env), []);
  if (wrong) return wrong;
  const locked = readJson(join(place.root, 'package-lock.json')).packages;
  const installed = readJson(join(place.root, 'node_modules', '.package-lock.json')).packages;
  const different = firstDifference(locked, installed);
  if (different)
    return `What was installed is not what package-lock.json names: ${different} differs.`;
  return undefined;
}
