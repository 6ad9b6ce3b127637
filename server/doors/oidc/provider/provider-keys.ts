/** Our signing keys as oidc-provider wants them: it never sees a secret half, and asks for each signature. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { PublishedKey, SigningKeys } from '../../../authority/signing-keys.ts';
import { algorithmsOf } from './keys-mark.ts';

/** Those that sign come first: of several that fit, the first is taken. */
export function providerKeys(signing: SigningKeys): ExternalSigningKey[] {
  const active = new Set(algorithmsOf(signing).map((alg) => signing.kidOf(alg)));
  const published = [...signing.jwks().keys];
  published.sort((a, b) => Number(active.has(b.kid)) - Number(active.has(a.kid)));
  return published.map((key) => createKey(signing, key));
}

function createKey(signing: SigningKeys, published: PublishedKey): ExternalSigningKey {
  const { kid, alg, use: _use, ...jwk } = published;
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  return new (class extends ExternalSigningKey {
    override get kid(): string {
      return kid;
    }
    override set kid(_value: string) {}
    override get alg(): string {
      return alg;
    }
    override set alg(_value: string) {}
    override keyObject(): KeyObject {
      return publicKey;
    }
    override sign(data: Uint8Array): Uint8Array {
      return signing.signBytes(alg, data).signature;
    }
  })();
}
