import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import type { HttpDoor } from '../../server/http/http-door.ts';
import { startListener, type TestListener } from '../support/http-listener.ts';

const hello: HttpDoor = {
  id: 'hello',
  prefix: '/',
  mount: (app) => void app.get('/', () => 'hello'),
  refuse: (_request, reply, refused) => void reply.send(refused.code),
};

describe('the listener over TLS', () => {
  let server: TestListener;
  let certificate: string;
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
  before(async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...name], {
      stdio: 'pipe',
    });
    certificate = readFileSync(cert, 'utf8');
    const options = { tls: { certificate, key: readFileSync(key, 'utf8') } };
    server = await startListener(() => [hello], options);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await server.listener.stop();
  });

  function shake(versions: tls.ConnectionOptions): Promise<string> {
    return new Promise((resolve) => {
      const options = { port: server.port, host: 'localhost', ca: certificate, ...versions };
      const socket = tls.connect(options, () => {
        resolve(socket.getProtocol() ?? 'none');
        socket.end();
      });
      socket.on('error', (error) => resolve(String(error)));
    });
  }

  test('TLS 1.2 and 1.3 are spoken, older versions are not', async () => {
    assert.equal(await shake({ minVersion: 'TLSv1.3' }), 'TLSv1.3');
    assert.equal(await shake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2');
    const old = await shake({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    });
    assert.match(old, /protocol version|unsupported protocol|no protocols/i);
  });

  test('answers tell browsers to stay with HTTPS', async () => {
    assert.equal(server.listener.secure, true);
    assert.match(server.origin, /^https:\/\/localhost:/);
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      request(server.origin, { ca: certificate }, (answer) => {
        answer.resume();
        resolve(answer.headers);
      })
        .on('error', reject)
        .end();
    });
    assert.match(String(headers['strict-transport-security']), /^max-age=\d{8}/);
  });
});
