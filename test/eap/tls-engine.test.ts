/** The engine of tunnels, on the bare parts of Node and on a socket of node:tls: what one does, the other does. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createSecureContext, type SecureContext } from 'node:tls';
import { findBareTls } from '../../server/doors/radius/eap/bare-tls.ts';
import { certificateOfSession } from '../../server/doors/radius/eap/session-certificate.ts';
import type { TlsEngine, TlsEngineOptions } from '../../server/doors/radius/eap/tls-engine.ts';
import { createBareTlsEngine } from '../../server/doors/radius/eap/tls-engine-bare.ts';
import { createTlsEngineOnSocket } from '../../server/doors/radius/eap/tls-engine-on-socket.ts';
import { readEap, writeEap } from '../../server/wire/eap/eap-packet.ts';
import {
  createReassembly,
  readTlsFragment,
  splitTls,
  writeTlsFragment,
} from '../../server/wire/eap/eap-tls-fragment.ts';
import { createSupplicant, type SupplicantWish } from '../support/eap-supplicant.ts';
import { type Certified, type EapHouse, openEapHouse, tlsFor } from './eap-house.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const MOST = 32_000;
const TLS = 13;

const bare = findBareTls();
const ENGINES: Readonly<Record<string, (options: TlsEngineOptions) => TlsEngine>> = {
  'on the bare parts': (options) => {
    assert.ok(bare !== undefined, 'this Node has them');
    return createBareTlsEngine(bare, options);
  },
  'on a socket': createTlsEngineOnSocket,
};

describe('The engine of tunnels', () => {
  let opened: EapHouse;
  let sensor: Certified;
  let ours: { readonly cert: string; readonly key: string };
  before(async () => {
    opened = await openEapHouse();
    sensor = await opened.device('sensor-1');
    ours = await opened.test.house.authority.serverCredentials('radius-server');
  });
  after(() => opened.close());

  const context = (): SecureContext =>
    createSecureContext({ ...ours, ca: opened.root, minVersion: 'TLSv1.2' });

  /** What a supplicant says to so many octets of TLS at once; nothing where it has nothing more to say. */
  function peerOf(wish: Partial<SupplicantWish>) {
    const supplicant = createSupplicant({ identity: 'sensor-1', most: MOST, tls: {}, ...wish });
    let identifier = 0;
    async function ask(data: Uint8Array): Promise<Uint8Array> {
      identifier += 1;
      const request = writeEap({ code: 'request', identifier, type: TLS, data });
      const answer = await supplicant.answer(request!); // Short enough.
      const read = answer && readEap(answer);
      assert.ok(read?.ok && 'data' in read.value);
      const fragment = readTlsFragment(read.value.data);
      assert.ok(fragment.ok);
      const whole = createReassembly(MOST).take(fragment.value);
      assert.ok(whole.ok && whole.value !== 'more');
      return whole.value;
    }
    const hello = () =>
      ask(writeTlsFragment({ more: false, start: true, version: 0, data: new Uint8Array(0) }));
    const says = (message: Uint8Array) => ask(writeTlsFragment(splitTls(message, MOST)[0]!)); // One piece.
    return { supplicant, hello, says };
  }

  const tlsOf = (version: (typeof VERSIONS)[number]) => tlsFor(opened, sensor, version);

  for (const [name, make] of Object.entries(ENGINES)) {
    describe(name, () => {
      for (const version of VERSIONS) {
        it(`opens a tunnel of ${version}, tells what the peer showed, and makes the same keys`, async () => {
          const { supplicant, hello, says } = peerOf({ tls: tlsOf(version) });
          const engine = make({ secureContext: context(), wantsCertificate: true });
          const first = await engine.take(await hello());
          assert.equal(first.state, 'handshake');
          assert.throws(() => engine.export(16, 'EXPORTER-test', undefined));
          const second = await engine.take(await says(first.says));
          assert.equal(second.state, 'open');
          assert.equal(engine.version, version);
          assert.equal(engine.resumed, false);
          const leaf = new X509Certificate(sensor.cert);
          assert.deepEqual(Buffer.from(engine.certificate() ?? []), leaf.raw);
          const [issuer] = engine.issuers();
          assert.ok(issuer !== undefined && leaf.checkIssued(new X509Certificate(issuer)));
          await says(second.says);
          const label =
            version === 'TLSv1.3' ? 'EXPORTER_EAP_TLS_Key_Material' : 'client EAP encryption';
          const of13 = version === 'TLSv1.3' ? Uint8Array.of(TLS) : undefined;
          assert.deepEqual(Buffer.from(engine.export(128, label, of13)), supplicant.keys());
          supplicant.end();
          engine.end();
          engine.end();
          assert.equal(engine.certificate(), undefined);
          assert.deepEqual(engine.issuers(), []);
          assert.equal((await engine.take(Uint8Array.of(1))).state, 'failed');
        });

        it(`carries what is said inside with ${version}, both ways`, async () => {
          const word = Buffer.from('a'.repeat(5000));
          const { supplicant, hello, says } = peerOf({ tls: tlsOf(version), inside: word });
          const engine = make({ secureContext: context(), wantsCertificate: true });
          const first = await engine.take(await hello());
          const second = await engine.take(await says(first.says));
          let said = await says(second.says);
          // A supplicant of TLS 1.3 speaks as soon as it has said its last word of the handshake.
          if (said.length === 0) said = await says(new Uint8Array(0));
          const turn = await engine.take(said);
          assert.equal(turn.state, 'open');
          assert.deepEqual(Buffer.from(turn.heard), word);
          const answer = await engine.say(Buffer.from('welcome'));
          assert.ok(answer.says.length > 0);
          await says(answer.says);
          assert.deepEqual(Buffer.concat(supplicant.heard), Buffer.from('welcome'));
          supplicant.end();
          engine.end();
        });
      }

      it('takes a peer that shows no certificate, and tells that there is none', async () => {
        const tls = { ...tlsOf('TLSv1.3'), cert: undefined, key: undefined };
        const { supplicant, hello, says } = peerOf({ tls });
        const engine = make({ secureContext: context(), wantsCertificate: true });
        const first = await engine.take(await hello());
        const second = await engine.take(await says(first.says));
        assert.equal(second.state, 'open');
        assert.equal(engine.certificate(), undefined);
        assert.deepEqual(engine.issuers(), []);
        supplicant.end();
        engine.end();
      });

      it('fails with an alert at what is no handshake, and says nothing more', async () => {
        const engine = make({ secureContext: context(), wantsCertificate: true });
        const turn = await engine.take(Uint8Array.of(22, 3, 1, 0, 4, 9, 9, 9, 9));
        assert.equal(turn.state, 'failed');
        assert.equal(turn.says[0], 21, 'an alert');
        const again = await engine.take(Uint8Array.of(22, 3, 1, 0, 4, 9, 9, 9, 9));
        assert.equal(again.state, 'failed');
        assert.equal(again.heard.length, 0);
        engine.end();
      });

      it('fails where what the peer signed was changed on the way', async () => {
        const { supplicant, hello, says } = peerOf({ tls: tlsOf('TLSv1.2') });
        const engine = make({ secureContext: context(), wantsCertificate: true });
        const first = await engine.take(await hello());
        const said = new Uint8Array(await says(first.says));
        said[said.length - 60]! ^= 1; // In the last record, long enough.
        assert.equal((await engine.take(said)).state, 'failed');
        supplicant.end();
        engine.end();
      });
    });
  }

  it('is built on nothing of a Node that is not known', () => {
    assert.equal(findBareTls('26.1.0'), undefined);
  });

  it('reads no certificate out of what is no session', () => {
    for (const bytes of ['', '30', '3003020101', '3005a303020101', '3006a30430003000', 'ff']) {
      assert.equal(certificateOfSession(Buffer.from(bytes, 'hex')), undefined, bytes);
    }
  });
});
