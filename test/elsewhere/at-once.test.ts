/** Several commands at once of whoever uses a computer: none takes away what another kept. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { makeKey } from '../../server/main/remote/dpop-signer.ts';
import { createLoginFile, type Login } from '../../server/main/remote/login-file.ts';
import { type Desk, openDesk } from '../support/elsewhere.ts';

describe('a command that renews a login', () => {
  let server: Server;
  let origin: string;
  let desk: Desk;
  /** What happens on this computer while the server makes tokens. */
  let meanwhile: () => void;
  let shown: string[];

  before(async () => {
    server = createServer((request, response) => {
      const json = (status: number, body: object) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(body));
      if (request.url?.endsWith('/openid-configuration')) {
        const issuer = `${origin}/oidc`;
        const [authorization_endpoint, token_endpoint] = [`${issuer}/auth`, `${issuer}/token`];
        const revocation_endpoint = `${issuer}/revoke`;
        return json(200, {
          issuer,
          authorization_endpoint,
          token_endpoint,
          revocation_endpoint,
        });
      }
      if (request.url === '/oidc/token') {
        meanwhile();
        const tokens = { access_token: 'renewed', refresh_token: 'renewed', token_type: 'DPoP' };
        return json(200, { ...tokens, expires_in: 600 });
      }
      shown.push(request.headers.authorization ?? '');
      return json(503, { code: 'unavailable' });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    desk = openDesk({ SALLYPORT_AT: origin });
    shown = [];
    keep({ ...login('old'), expiresAt: Date.now() - MINUTE });
  });
  afterEach(() => desk.close());

  const login = (token: string): Login => ({
    key: makeKey(),
    accessToken: token,
    refreshToken: token,
    expiresAt: Date.now() + 10 * MINUTE,
  });
  const keep = (kept: Login | undefined) => createLoginFile(desk.file).set(origin, kept);

  it('keeps what it got', async () => {
    meanwhile = () => {};
    assert.equal((await desk.run(['whoami'])).code, 5);
    assert.deepEqual([desk.kept(origin).refreshToken, shown], ['renewed', ['DPoP renewed']]);
  });

  it('goes on with the login that somebody showed a fresh proof for meanwhile, and keeps that', async () => {
    meanwhile = () => keep(login('newer'));
    assert.equal((await desk.run(['whoami'])).code, 5);
    assert.deepEqual([desk.kept(origin).refreshToken, shown], ['newer', ['DPoP newer']]);
  });

  it('goes no further, and keeps nothing, where somebody signed out meanwhile', async () => {
    meanwhile = () => keep(undefined);
    const { code, err } = await desk.run(['whoami']);
    assert.deepEqual([code, shown, desk.kept(origin)], [3, [], undefined]);
    assert.match(err, /You are not signed in at/);
  });
});
