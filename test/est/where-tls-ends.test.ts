/** A key that is made here goes over TLS that ends here (RFC 7030 §4.4): a proxy elsewhere would pass it on in the clear. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import fastify from 'fastify';
import { createEstDoor } from '../../server/doors/est/est-door.ts';
import { failed } from '../../server/kernel/result.ts';
import { manualClock } from '../support/clock.ts';

const REQUEST = execFileSync(
  'openssl',
  [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', '/dev/null', '-outform', 'DER', '-subj', '/CN=x'],
  ],
  { stdio: ['ignore', 'pipe', 'ignore'] },
).toString('base64');

async function ask(remoteAddress: string): Promise<{ status: number; asked: number }> {
  let asked = 0;
  const door = createEstDoor({
    enrolling: {
      withPass: () => assert.fail(),
      withCertificate: () => assert.fail(),
      noteKeyRefused: () => assert.fail(),
    },
    enrolWithKey: async () => {
      asked += 1;
      return failed({ reason: 'wrong' });
    },
    authority: { chain: async () => [] },
    trustedNetwork: () => false,
    secure: true,
    clock: manualClock(),
  });
  const app = fastify();
  app.addHook('onRequest', async (request) => {
    request.source = { address: '192.0.2.7', network: '192.0.2.7' };
  });
  await app.register(async (scope) => door.mount(scope));
  const answer = await app.inject({
    method: 'POST',
    url: '/.well-known/est/serverkeygen',
    headers: { 'content-type': 'application/pkcs10', authorization: `Basic ${btoa('x:y')}` },
    payload: REQUEST,
    remoteAddress,
  });
  await app.close();
  return { status: answer.statusCode, asked };
}

it('a request that a proxy elsewhere passes on is refused before anyone is asked', async () => {
  assert.deepEqual(await ask('192.0.2.1'), { status: 403, asked: 0 });
});

it('a request that a proxy of this computer passes on is judged', async () => {
  assert.deepEqual(await ask('127.0.0.1'), { status: 401, asked: 1 });
  assert.deepEqual(await ask('::ffff:127.0.0.1'), { status: 401, asked: 1 });
});
