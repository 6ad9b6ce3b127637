import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createAskPeers } from '../../doors/spiffe/peer-credentials.ts';
import { workloadSocket } from '../../doors/spiffe/spiffe-config.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';

/** Whether the Workload API can stand where it is to: its folder, its helper, its system. */
export const lookAtSpiffe: Look = {
  name: 'SPIFFE',
  needs: ['spiffe', 'data', 'listen'],
  look({ loaded: { config } }) {
    const { spiffe, listen, data } = config;
    if (!spiffe.enabled) return ok('Off (spiffe.enabled).');
    if (process.platform !== 'linux') {
      return bad(
        'The Workload API is there for Linux alone.',
        'Turn spiffe.enabled off on this machine.',
      );
    }
    const socket = workloadSocket(spiffe, data);
    const findings = [...helper(), ...placeOf(socket)];
    if (spiffe.trustDomain === undefined && listen.origin === undefined) {
      findings.push(
        warn(
          'Identities are of the trust domain of this machine’s own name, which others have, too.',
          'Name yours before anything rests on it: spiffe.trustDomain',
        ),
      );
    }
    return findings.length > 0 ? findings : ok(`Programs find it at ${socket}.`);
  },
};

function helper(): Finding[] {
  const lacks = createAskPeers().lacks?.();
  return lacks === undefined
    ? []
    : [bad(`Nobody can be told apart: ${lacks}.`, 'Install it: apt-get install perl-base')];
}

function placeOf(socket: string): Finding[] {
  const folder = dirname(socket);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return [];
  const findings: Finding[] = [];
  if (!found.isDirectory()) {
    return [bad(`${folder} is no folder.`, 'Name another place: spiffe.socket')];
  }
  if (othersWrite(found)) {
    findings.push(
      bad(
        `Others may write into ${folder}, and could put a socket of their own in the place of this one.`,
        `chmod go-w ${folder}`,
      ),
    );
  }
  const there = lstatSync(socket, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSocket()) {
    findings.push(
      bad(
        `${socket} is there and is no socket, so that none can be made.`,
        'Move it away, or name another place: spiffe.socket',
      ),
    );
  }
  return findings;
}

/** In a folder with the sticky bit others may add, and take nothing of ours away; but who comes first has the name. */
const othersWrite = ({ mode }: Stats) => (mode & 0o022) !== 0;
