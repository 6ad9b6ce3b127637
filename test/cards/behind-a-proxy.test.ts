/** A proxy does the handshake and passes the certificate on: in PEM, percent-encoded, or as RFC 9440 §2.2 writes it. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createCardDoor } from '../../server/doors/cards/card-door.ts';
import { passedCertificate } from '../../server/doors/cards/passed-certificate.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';
import { makeCertificate } from '../support/certificates.ts';

const { der, pem } = makeCertificate({ subject: { CN: 'Ada' }, authority: false });
const base64 = der.toString('base64');

describe('a certificate that was passed on', () => {
  const same = (found: Uint8Array | undefined) => assert.deepEqual(found, new Uint8Array(der));

  it('is read as nginx and HAProxy write it, and as RFC 9440 does', () => {
    same(passedCertificate(encodeURIComponent(pem)));
    same(passedCertificate(encodeURIComponent(pem.trimEnd())));
    same(passedCertificate(`:${base64}:`));
  });

  const refused: readonly (readonly [string, string | readonly string[] | undefined])[] = [
    ['nothing', undefined],
    ['an empty header', ''],
    ['a header that stands there twice', [`:${base64}:`, `:${base64}:`]],
    ['two certificates', encodeURIComponent(pem + pem)],
    ['something before it', `x${encodeURIComponent(pem)}`],
    ['base64 without colons', base64],
    ['bytes that are no certificate', ':AAAA:'],
    ['what can’t be decoded', '%E0%A4%A'],
    ['something endless', 'A'.repeat(20_000)],
  ];
  for (const [what, header] of refused) {
    it(`is not read from ${what}`, () => assert.equal(passedCertificate(header), undefined));
  }
});

describe('the port for cards behind a proxy', () => {
  const presented: Uint8Array[][] = [];
  const doorFor = (from: string) =>
    createCardDoor(
      {
        cards: {
          async present(chain) {
            presented.push([...chain]);
            return chain.length === 0 ? { ok: false, error: 'none' } : { ok: true, value: 'T' };
          },
        },
        ids: { next: () => 'request' as never },
        origin: () => 'https://signin.example.com',
        later: () => () => {},
        report: assert.ifError,
      },
      {
        host: '127.0.0.1',
        port: 0,
        tls: () => Promise.reject(new Error('a proxy does the handshake')),
        proxy: { header: 'Client-Cert', from: checkedNetworks([from]) },
      },
    );
  const trusted = doorFor('127.0.0.1');
  const stranger = doorFor('192.0.2.1');

  before(() => Promise.all([trusted.start(), stranger.start()]));
  after(() => Promise.all([trusted.stop(), stranger.stop()]));

  const ask = (port: number, headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
      const path = '/card?for=abc&to=signin';
      const sent = get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, location: response.headers.location });
      });
      sent.on('error', reject);
    });

  it('takes it from the proxy that is named, and sends the browser back', async () => {
    const { status, location } = await ask(trusted.port(), { 'client-cert': `:${base64}:` });
    assert.equal(status, 303);
    assert.equal(location, 'https://signin.example.com/signin/card?ticket=T');
    assert.deepEqual(presented.at(-1), [new Uint8Array(der)]);
  });

  it('knows of none where the proxy passed none', async () => {
    const { location } = await ask(trusted.port(), {});
    assert.equal(location, 'https://signin.example.com/signin/card?refused=none');
  });

  it('takes it from nobody else', async () => {
    const before = presented.length;
    assert.equal((await ask(stranger.port(), { 'client-cert': `:${base64}:` })).status, 403);
    assert.equal(presented.length, before);
  });
});
