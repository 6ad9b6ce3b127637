/** D2: ACME (RFC 8555) with clients that are not ours: certbot and lego, as Debian has them. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { count, eventsOf } from '../support/events.ts';

const run = promisify(execFile);
const missing = (program: string) =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined &&
  `${program} is not installed: apt-get install ${program}`;

let house: AcmeHouse;
before(async () => {
  house = await openAcmeHouse();
});
after(() => house.close());

test('certbot gets a certificate for a name of the device', {
  skip: missing('certbot'),
}, async () => {
  const name = 'certbot.devices.example';
  const device = await house.addDevice('certbot-host');
  const pass = await house.issuePass(device, { names: [name] });
  const seen = await eventsOf(house, async () => {
    await run(
      'certbot',
      [
        ...['certonly', '--standalone', '--non-interactive', '--agree-tos'],
        ...['--register-unsafely-without-email', '--server', `${house.origin}/acme/directory`],
        ...['--eab-kid', pass.eab.kid, '--eab-hmac-key', pass.eab.hmacKey],
        ...['--http-01-port', String(house.challengePort), '-d', name],
        ...['--config-dir', join(house.folder, 'certbot'), '--work-dir', house.folder],
        ...['--logs-dir', join(house.folder, 'certbot-logs')],
      ],
      { env: { ...process.env, REQUESTS_CA_BUNDLE: join(house.folder, 'server.pem') } },
    );
  });
  const live = join(house.folder, 'certbot/live', name);
  const certificate = new X509Certificate(readFileSync(join(live, 'cert.pem')));
  assert.equal(certificate.subjectAltName, `DNS:${name}`);
  assert.equal(count(seen, 'acme.account-created'), 1);
  assert.equal(count(seen, 'acme.challenge-tried', 'done'), 1);
  assert.equal(count(seen, 'device.enrolled'), 1);
  assert.ok(
    seen.filter(({ type }) => type.startsWith('acme.')).every((e) => e.subject === device.id),
  );
});

test('lego gets one for two names, renews it, and revokes it', {
  skip: missing('lego'),
}, async () => {
  const names = ['lego.devices.example', 'www.lego.devices.example'];
  const device = await house.addDevice('lego-host');
  const pass = await house.issuePass(device, { names });
  const path = join(house.folder, 'lego');
  const lego = (...words: string[]) =>
    run(
      'lego',
      [
        ...[
          '--server',
          `${house.origin}/acme/directory`,
          '--accept-tos',
          '--email',
          'x@example.com',
        ],
        ...['--path', path, '--http', '--http.port', `:${house.challengePort}`],
        ...['--eab', '--kid', pass.eab.kid, '--hmac', pass.eab.hmacKey],
        ...names.flatMap((name) => ['--domains', name]),
        ...words,
      ],
      { env: { ...process.env, LEGO_CA_CERTIFICATES: join(house.folder, 'server.pem') } },
    );
  const file = join(path, 'certificates', `${names[0]}.crt`);
  await lego('run');
  const first = new X509Certificate(readFileSync(file));
  assert.equal(first.subjectAltName, names.map((name) => `DNS:${name}`).join(', '));
  assert.equal(readFileSync(file, 'utf8').match(/BEGIN CERT/g)?.length, 2);

  await lego('renew', '--days', '400', '--no-random-sleep');
  const second = new X509Certificate(readFileSync(file));
  assert.notEqual(second.serialNumber, first.serialNumber);

  const seen = await eventsOf(house, () => lego('revoke', '--keep'));
  assert.equal(count(seen, 'certificate.revoked'), 1);
  assert.ok(readdirSync(path).length > 0);
});
