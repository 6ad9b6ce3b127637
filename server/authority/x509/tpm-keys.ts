/**
 * Attestation keys of TPMs, by the certificates of those who vouch for them (WebAuthn §8.3.1): by a path to a CA that an administrator
 * trusts for TPMs, of the right form and for this use alone. Whose TPM it is, its alternative names say; which device that is here,
 * is for whoever asks.
 */
import type { Clock } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Queries } from '../../store/store.ts';
import { readOne } from '../../wire/der/der-reader.ts';
import { type Certificate, readCertificate } from '../../wire/x509/certificate.ts';
import { readName } from '../../wire/x509/distinguished-name.ts';
import { extensions, keyUsageBits, keyUses } from '../../wire/x509/oids.ts';
import { readTpmNames, type TpmNames } from '../../wire/x509/tpm-names.ts';
import { type JudgedReason, judgedReasons } from './authority-words.ts';
import { wrongWith } from './certificate-rules.ts';
import { judgeKey, publicKeyOf } from './key-material.ts';
import type { Trusted } from './trusted.ts';

export interface TpmKey extends TpmNames {
  /** What the CA that vouches for it is called here. */
  readonly maker: string;
}

export type JudgeTpmKey = (
  q: Queries,
  chain: readonly Uint8Array[],
) => Promise<Result<TpmKey, string>>;

/** What is sent beyond this is not looked at. */
const LONGEST_CHAIN = 8;

export function createTpmKeys({
  clock,
  trusted,
}: {
  readonly clock: Clock;
  readonly trusted: Pick<Trusted, 'judge'>;
}): JudgeTpmKey {
  return async (q, chain) => {
    const leaf = chain[0] && readCertificate(chain[0]);
    if (leaf === undefined) return failed(judgedReasons.malformed);
    const wrong = wrongKey(leaf, clock.now());
    if (wrong !== undefined) return failed(judgedReasons[wrong]);
    const names = leaf.extensions.get(extensions.subjectAltName);
    // §8.3.1: "Subject field MUST be set to empty", so that the names beside it say all there is.
    const empty = readName(readOne(leaf.subject))?.length === 0;
    const tpm = empty && names ? readTpmNames(names.value) : undefined;
    if (tpm === undefined) return failed('it does not say of which TPM it is');
    const sent = chain.slice(1, LONGEST_CHAIN).map(readCertificate);
    const others = sent.filter((each) => each !== undefined);
    const found = await trusted.judge(q, leaf, others, 'tpm');
    return 'by' in found
      ? ok({ ...tpm, maker: found.by.name })
      : failed(judgedReasons[found.reason]);
  };
}

function wrongKey(leaf: Certificate, now: number): JudgedReason | undefined {
  const wrong = wrongWith(leaf, now);
  if (wrong !== undefined) return wrong;
  const { constraints, keyUsage, extendedKeyUsage } = leaf;
  // Said, and not left open: a certificate of something else is none of a TPM's key.
  if (!leaf.extensions.has(extensions.basicConstraints) || constraints.ca) return 'not-for-this';
  if (extendedKeyUsage === 'any' || !extendedKeyUsage.includes(keyUses.attestationKey)) {
    return 'not-for-this';
  }
  if (keyUsage !== 'any' && !keyUsage.has(keyUsageBits.digitalSignature)) return 'not-for-this';
  const key = publicKeyOf(leaf.publicKey);
  if (key === undefined) return 'malformed';
  return judgeKey(key).ok ? undefined : 'weak';
}
