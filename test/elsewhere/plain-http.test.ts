/** A server that speaks plain HTTP where TLS is expected: `https://` is what is meant when nothing is typed. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { openDesk } from '../support/elsewhere.ts';

it('login says that a server on this computer speaks plain HTTP, and how to name it', async (t) => {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const desk = openDesk();
  t.after(() => desk.close());
  const { port } = server.address() as AddressInfo;
  const { code, out, err } = await desk.run(['login', `127.0.0.1:${port}`]);
  assert.deepEqual([code, out], [5, '']);
  assert.equal(
    err,
    `https://127.0.0.1:${port} can’t be reached: it speaks no TLS, and most likely plain HTTP.\nDid you mean http://127.0.0.1:${port}?\n`,
  );
});
