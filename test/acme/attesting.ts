/** Orders with device-attest-01, and what a TPM says to them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { AcmeClient } from '../support/acme-client.ts';
import { type Cbor, cbor } from '../support/cbor.ts';
import type { Answer } from '../support/served-house.ts';
import type { Swtpm } from '../support/swtpm.ts';

export interface Statement {
  fmt?: Cbor;
  ver?: Cbor;
  alg?: Cbor;
  x5c?: Cbor;
  sig?: Cbor;
  certInfo?: Cbor;
  pubArea?: Cbor;
}

/** By this TPM, with these certificates of its attestation key. */
export function attesting(tpm: () => Swtpm, chain: () => readonly Uint8Array[]) {
  return {
    async order(one: AcmeClient, value: string) {
      const identifiers = [{ type: 'permanent-identifier', value }];
      const made = await one.post('new-order', { identifiers });
      assert.equal(made.status, 201, made.text);
      const authorization = await one.post(made.json.authorizations[0]);
      const [challenge] = authorization.json.challenges;
      assert.equal(challenge.type, 'device-attest-01');
      const nonce = createHash('sha256')
        .update(`${challenge.token}.${one.own.thumbprint}`)
        .digest();
      return { made, url: challenge.url as string, nonce };
    },

    async attest(nonce: Uint8Array, change: Statement = {}): Promise<{ attObj: string }> {
      const { certInfo, sig } = await tpm().certify(nonce);
      const statement = new Map<string, Cbor>(
        Object.entries({
          ver: '2.0',
          alg: -7,
          x5c: [...chain()],
          sig,
          certInfo,
          pubArea: tpm().pubArea(),
          ...change,
        }).filter(([name]) => name !== 'fmt'),
      );
      const object = new Map<string, Cbor>([
        ['fmt', change.fmt ?? 'tpm'],
        ['attStmt', statement],
      ]);
      return { attObj: cbor(object).toString('base64url') };
    },
  };
}

export function wrong(answer: Answer, says?: RegExp): void {
  assert.equal(answer.json.status, 'invalid', answer.text);
  assert.equal(answer.json.error.type, 'urn:ietf:params:acme:error:badAttestationStatement');
  if (says !== undefined) assert.match(answer.json.error.detail, says);
}
