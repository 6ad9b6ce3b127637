/**
 * A Sallyport that somebody logs in at for one host, and that would speak for others (T1557): what it calls the authorities of that host
 * has lines of its own in it, for the list of known hosts that all servers share. A word of it is enough for its own host and for none
 * beside.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { MINUTE, SECOND } from '../../server/kernel/clock.ts';
import { makeKey } from '../../server/main/remote/dpop-signer.ts';
import { createLoginFile } from '../../server/main/remote/login-file.ts';
import { certificateType, writeCertificate } from '../../server/wire/ssh/certificate.ts';
import { writeKrl } from '../../server/wire/ssh/krl.ts';
import { keyLine, publicKeyOf, readKeyLine } from '../../server/wire/ssh/public-key.ts';
import { type Desk, openDesk } from '../support/elsewhere.ts';

const pair = generateKeyPairSync('ed25519');
const publicKey = publicKeyOf(pair.publicKey);
assert.ok(publicKey);
const ca = { publicKey, privateKey: pair.privateKey };
const LINE = keyLine(ca.publicKey);

const ME = {
  id: '019a0000-0000-7000-8000-000000000001',
  status: 'active',
  ...{ roles: [], groups: [], identifier: 'ada', displayName: 'Ada', email: null },
  sessionExpiresAt: '2038-01-01T00:00:00.000Z',
};

describe('a server that would speak for the hosts of others', () => {
  let server: Server;
  let origin: string;
  let desk: Desk;
  let authorities: readonly string[];
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/ssh/krl') {
        const now = BigInt(Math.floor(Date.now() / SECOND));
        const krl = { version: now, generatedAt: now, comment: '', certificates: [], keys: [] };
        return response.end(writeKrl(krl));
      }
      if (request.url === '/api/v1/me') {
        response.setHeader('content-type', 'application/json');
        return response.end(JSON.stringify(ME));
      }
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.statusCode = 201;
        response.end(JSON.stringify(certified(JSON.parse(body).publicKey)));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
  });
  beforeEach(() => {
    desk?.close();
    desk = openDesk({ SALLYPORT_AT: origin });
    const login = { key: makeKey(), accessToken: 'a.b.c', refreshToken: 'r' };
    createLoginFile(desk.file).set(origin, { ...login, expiresAt: Date.now() + 60 * MINUTE });
  });
  after(() => {
    desk?.close();
    server.closeAllConnections();
    server.close();
  });

  /** As a server answers that means well, but for the authorities. */
  function certified(line: string) {
    const read = readKeyLine(line);
    assert.ok(read.ok);
    const { key } = read.value;
    const now = Math.floor(Date.now() / SECOND);
    const [from, until] = [now - 60, now + 300];
    const principals = ['deploy@evil1'];
    const given = { key, nonce: new Uint8Array(32), serial: 7n, kind: 'user', keyId: 'x' } as const;
    const times = { validAfter: BigInt(from), validBefore: BigInt(until) };
    const blob = writeCertificate(
      { ...given, ...times, principals, criticalOptions: [], extensions: [] },
      ca,
    );
    const time = (at: number) => new Date(at * SECOND).toISOString();
    return {
      ...{ serial: '7', keyId: 'x', principals, fingerprint: 'SHA256:x', host: 'evil1' },
      certificate: keyLine({ type: certificateType(key.type), blob }),
      ...{ validAfter: time(from), expiresAt: time(until), account: 'deploy' },
      ...{ command: null, sources: [], allow: [], hostAuthorities: authorities },
    };
  }
  const logIn = () => desk.run(['ssh', 'login', 'evil1', '--as', 'deploy', '--no-agent']);
  const folder = () => join(dirname(desk.file), 'ssh');
  const known = () => {
    const path = join(folder(), 'known_hosts');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };

  it('is believed for the host that was asked for', async () => {
    authorities = [LINE, `${LINE} with a comment`];
    const { code, err } = await logIn();
    assert.equal(code, 0, err);
    assert.equal(known(), `@cert-authority evil1 ${LINE}\n`.repeat(2));
    assert.ok(existsSync(join(folder(), 'evil1.deploy-cert.pub')));
  });

  for (const [what, line] of [
    ['a line of its own', `${LINE}\n@cert-authority\t*\t${LINE.replace(' ', '\t')}`],
    ['a line before', `x\n@cert-authority\t*\tssh-ed25519\t${LINE.split(' ')[1]} y`],
    ['a carriage return', `${LINE}\r@cert-authority\t*`],
    ['no key', 'ssh-ed25519 AAAA'],
    ['nothing', ''],
  ] as const) {
    it(`is not believed, and nothing of it is kept, with ${what} in what it says`, async () => {
      authorities = [LINE, line];
      const { code, err } = await logIn();
      assert.equal(code, 1, err);
      assert.match(err, /It was not used\./);
      assert.equal(known(), '');
      assert.ok(!existsSync(join(folder(), 'evil1.deploy')));
    });
  }

  it('is not believed with more authorities than anybody has', async () => {
    authorities = new Array(1000).fill(LINE);
    assert.equal((await logIn()).code, 1);
    assert.equal(known(), '');
  });
});
