/** What TPM2_MakeCredential makes (TPM 2.0 Part 1 §24), made by us and opened by a TPM: with endorsement keys of all usual kinds. */
import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createEndorsements } from '../../server/authority/x509/endorsements.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { kdfa, kdfe } from '../../server/wire/tpm/credential.ts';
import { noSwtpm, openSwtpm, type Swtpm } from '../support/swtpm.ts';

const endorsements = createEndorsements({
  clock: systemClock(),
  random: systemRandom(),
  trusted: { judge: async () => ({ reason: 'unknown-authority' }) },
});

describe('a secret for one TPM and one key in it', { skip: noSwtpm() }, () => {
  let tpm: Swtpm;
  before(async () => {
    tpm = await openSwtpm();
  });
  after(() => tpm?.close());

  const tool = async (name: string, ...words: string[]) => {
    const said = await tpm.runTool(name, words);
    await tpm.runTool('tpm2_flushcontext', ['-t']);
    return said;
  };

  async function opened(algorithm: string, question: Uint8Array) {
    writeFileSync(join(tpm.folder, 'question'), question);
    const opens = ['-c', '0x81010002', '-C', `${algorithm}.ctx`, '-i', 'question', '-o', 'answer'];
    // Keys of the templates H may be used by who knows that no word is asked for.
    if (/3\d+$/.test(algorithm)) {
      const said = await tool('tpm2_activatecredential', ...opens);
      return said?.code === 0 ? tpm.file('answer') : undefined;
    }
    await tool('tpm2_startauthsession', '--policy-session', '-S', 's.ctx');
    await tool('tpm2_policysecret', '-S', 's.ctx', '-c', 'e');
    const said = await tool('tpm2_activatecredential', ...opens, '-P', 'session:s.ctx');
    await tpm.runTool('tpm2_flushcontext', ['s.ctx']);
    return said?.code === 0 ? tpm.file('answer') : undefined;
  }

  for (const algorithm of ['rsa', 'ecc', 'rsa3072', 'ecc384'] as const) {
    it(`is opened by that TPM, and not for another key or once it was changed (${algorithm})`, async () => {
      const made = await tool(
        'tpm2_createek',
        ...['-G', algorithm, '-c', `${algorithm}.ctx`, '-u', 'ek.pem', '-f', 'pem'],
      );
      assert.equal(made?.code, 0, made?.err);
      await tool('tpm2_readpublic', '-c', '0x81010002', '-o', 'ak.pub', '-n', 'ak.name');
      const read = endorsements.attestationKey(new Uint8Array(tpm.file('ak.pub').subarray(2)));
      assert.ok(read.ok, JSON.stringify(read));
      assert.deepEqual(Buffer.from(read.value.name), tpm.file('ak.name'));
      const key = createPublicKey(tpm.file('ek.pem'));
      const of = { maker: '', fingerprint: '', key, tpm: {} as never };
      const secret = randomBytes(32);
      const question = (name: Uint8Array, change = -1) => {
        const { blob, seed } = endorsements.makeCredential(of, name, secret);
        const bytes = Buffer.concat([Buffer.from('badcc0de00000001', 'hex'), blob, seed]);
        if (change >= 0) bytes[change]! ^= 1;
        return { bytes, blob };
      };
      const { name } = read.value;
      assert.deepEqual(await opened(algorithm, question(name).bytes), secret);
      const others = Uint8Array.from(name, (byte, at) => (at === 20 ? byte ^ 1 : byte));
      assert.equal(await opened(algorithm, question(others).bytes), undefined);
      const { blob } = question(name);
      for (const at of [12, 8 + blob.length - 1, 8 + blob.length + 8]) {
        assert.equal(await opened(algorithm, question(name, at).bytes), undefined, String(at));
      }
      assert.deepEqual(await opened(algorithm, question(name).bytes), secret);
    });
  }

  it('rests on keys that say what they are for', () => {
    const seed = randomBytes(32);
    const hash = 'sha256';
    assert.equal(kdfa(hash, seed, 'STORAGE', new Uint8Array(0), 128).length, 16);
    assert.notDeepEqual(
      kdfa(hash, seed, 'STORAGE', seed, 256),
      kdfa(hash, seed, 'INTEGRITY', seed, 256),
    );
    assert.notDeepEqual(
      kdfe(hash, seed, 'IDENTITY', seed, seed),
      kdfe(hash, seed, 'IDENTITX', seed, seed),
    );
  });
});
