/** A report of a device, sent to a server under an address that is not its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sendReport } from '../../server/main/posture/send-report.ts';

describe('a posture report that is refused', () => {
  let issuer: string;
  let origin: string;
  const server = createServer((request, response) => {
    if (request.method === 'POST') return response.writeHead(403).end();
    const ends = ['authorization', 'token', 'revocation'].map((end) => [
      `${end}_endpoint`,
      `${origin}/oidc/${end}`,
    ]);
    return response.end(JSON.stringify({ issuer, ...Object.fromEntries(ends) }));
  });
  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on a port.
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const report = { report: 'e30', signature: 'AA' } as unknown as Parameters<typeof sendReport>[1];

  it('names the address that the server goes by, where it was sent to another', async () => {
    issuer = 'https://id.example.com/oidc';
    const sent = await sendReport(origin, report);
    assert.ok(!sent.ok);
    assert.equal(sent.error.problem.what, `${origin} calls itself ${issuer}.`);
    assert.equal(sent.error.exit, 3);
  });

  it('names key and clock where the address is right', async () => {
    issuer = `${origin}/oidc`;
    const sent = await sendReport(origin, report);
    assert.ok(!sent.ok);
    assert.match(sent.error.problem.what, /key is of no device .* clock/);
  });
});
