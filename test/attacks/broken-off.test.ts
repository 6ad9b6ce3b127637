/**
 * Requests that are broken off in the middle (CWE-400, CWE-779): whoever goes away meanwhile ends nothing, keeps nothing, and makes no
 * fault of ours of it, in whose lines a real one would be lost.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createPkiAnswers } from '../../server/doors/pki/pki-answers.ts';
import { createPkiServer } from '../../server/doors/pki/pki-server.ts';
import { freePort } from '../support/free-port.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';

const FORM = 'application/x-www-form-urlencoded';

describe('a request that is broken off', () => {
  let house: OidcHouse;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true, ciba: true } });
    await house.addApp('notes');
    // What is made with the first request is there.
    await house.send({ path: '/oidc/logout' });
  });
  after(() => house.close());

  /** Half of a body; then the connection is reset. */
  async function breakOff(port: number, path: string, type: string): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const lines = [`POST ${path} HTTP/1.1`, `Host: localhost:${port}`, `Content-Type: ${type}`];
    const more = ['Content-Length: 100', 'Expect: 100-continue'];
    socket.write(`${[...lines, ...more].join('\r\n')}\r\n\r\n`);
    // It is there, and what follows is waited for.
    await once(socket, 'data');
    socket.write('grant_type=');
    socket.resetAndDestroy();
    await once(socket, 'close');
  }

  const faults = () => house.logged.filter((line) => line.includes('"level":50'));

  for (const [path, type] of [
    ['/oidc/token', FORM],
    ['/oidc/par', FORM],
    ['/oidc/ciba', FORM],
    ['/oidc/device/authorize', FORM],
    ['/oidc/userinfo', FORM],
    ['/oidc/logout', FORM],
    ['/oidc/auth', FORM],
    ['/signin', FORM],
    ['/api/v1/attempts', 'application/json'],
    ['/pki/ocsp', 'application/ocsp-request'],
  ] as const) {
    it(`at ${path} is no fault of ours, and the next one is answered`, async () => {
      const before = house.notices.length;
      for (let i = 0; i < 5; i++) await breakOff(house.port, path, type);
      for (let i = 0; i < 5; i++) {
        assert.equal((await house.send({ path: '/signin' })).status, 200);
      }
      assert.deepEqual(house.notices.slice(before), []);
      assert.deepEqual(faults(), []);
    });
  }

  it('where lists are fetched by plain HTTP is none either', async () => {
    const reported: unknown[] = [];
    const port = await freePort();
    const server = createPkiServer({
      answers: createPkiAnswers(house.house.authority, house.clock),
      config: { host: '127.0.0.1', port },
      report: (fault) => reported.push(fault),
    });
    await server.start();
    try {
      for (let i = 0; i < 5; i++) await breakOff(port, '/pki/ocsp', 'application/ocsp-request');
      const answer = await fetch(`http://127.0.0.1:${port}/pki/root.pem`);
      assert.ok(answer.status < 500);
      assert.deepEqual(reported, []);
    } finally {
      await server.stop();
    }
  });
});
