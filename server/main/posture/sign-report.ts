/** A posture report, made and signed as the API takes it (subjects/posture.ts). */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { base64url, utf8 } from '../../kernel/bytes.ts';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { POSTURE_CONTEXT, type PostureReport, postureSigning } from '../../subjects/posture.ts';
import type { Posture } from './gather.ts';

export interface SignedPosture {
  readonly report: string;
  readonly signature: string;
  readonly key?: string;
  readonly certificate?: string;
}

export type KeyProblem = 'no-key' | 'other-kind';

export function readDeviceKey(pem: string): Result<KeyObject, KeyProblem> {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return failed('no-key'); // Text from a file: that it is no key is an expected outcome.
  }
  return postureSigning(key) === undefined ? failed('other-kind') : ok(key);
}

/** Those that can be registered by themselves; a certificate speaks for any. */
export function isRegistrable(key: KeyObject): boolean {
  return (
    key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  );
}

export function signReport(
  posture: Posture,
  {
    audience,
    now,
    key,
    certificate,
  }: {
    readonly audience: string;
    readonly now: number;
    readonly key: KeyObject;
    readonly certificate: string | undefined;
  },
): SignedPosture {
  const { diskEncrypted, screenLock, secureBoot, system } = posture;
  const made: PostureReport = {
    audience,
    madeAt: new Date(now).toISOString(),
    diskEncrypted,
    screenLock,
    secureBoot,
    system,
  };
  const report = JSON.stringify(made);
  const text = utf8(`${POSTURE_CONTEXT}${report}`);
  const signing = postureSigning(key);
  if (signing === undefined) throw new Fault('door', 'a key that signs no report');
  const signature = sign(signing.hash, text, { key, ...signing.how });
  const signed = { report, signature: base64url(signature) };
  if (certificate !== undefined) return { ...signed, certificate };
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { ...signed, key: base64url(createHash('sha256').update(spki).digest()) };
}
