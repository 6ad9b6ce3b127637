/**
 * Judges a certificate that somebody showed; that its key was shown TLS has seen to. One of our own is looked up by its serial, and
 * has to be, to the last bit, what was issued under it: so no signature of ours is checked, and revocation is a column. One of
 * others needs a path to a CA that is trusted. Whatever is not known to be good is refused.
 */
import { hash } from 'node:crypto';
import type { TrustedKind } from '@sallyport/contract/certificates.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createKept } from '../../store/kept.ts';
import type { Queries } from '../../store/store.ts';
import { readOne, readText } from '../../wire/der/der-reader.ts';
import { type Certificate, readCertificate } from '../../wire/x509/certificate.ts';
import { extensions } from '../../wire/x509/oids.ts';
import {
  type GoodCertificate,
  type Judged,
  type JudgedReason,
  subjectKinds,
} from './authority-words.ts';
import { type CaRow, caFooting, caState } from './ca-table.ts';
import { type Use, wrongLeaf, wrongOwn } from './certificate-rules.ts';
import { type CertificateRow, certificateFooting, certificateState } from './certificate-table.ts';
import type { Trusted } from './trusted.ts';

type CaState = Pick<CaRow, 'id' | 'slot' | 'revision' | 'revoked_at'>;
type OwnState = Pick<
  CertificateRow,
  'ca_id' | 'profile' | 'subject_kind' | 'subject_id' | 'fingerprint' | 'revoked_at'
>;

export interface JudgingDeps {
  readonly clock: Clock;
  readonly trusted: Trusted;
}

/** What a peer sends beyond this is not looked at. */
export const LONGEST_CHAIN = 8;
/** Of our own there is one at a time, and those before it. */
const MOST_CAS = 64;
/** Of our own making, so some kilobytes each. */
const MOST_READ = 4096;

export function createJudging({ clock, trusted }: JudgingDeps) {
  /** What certificates of our own say, by their fingerprints: it stays the same. Whether they are good is kept beside it. */
  const wasRead = createBoundedMap<string, Certificate>(MOST_READ);

  /** Whether one of ours stands, by its serial number, until any of them is changed; and the same of our CAs. */
  const owns = createKept<OwnState>(MOST_READ, certificateFooting);
  const cas = createKept<CaState>(MOST_CAS, caFooting);

  /** `issuers` tells those behind a leaf that stands alone; of one of our own nobody asks for them. */
  return async function judge(
    q: Queries,
    chain: readonly Uint8Array[],
    use: Use,
    issuers: () => readonly Uint8Array[] = () => chain.slice(1),
  ): Promise<Judged> {
    const [shown] = chain;
    if (shown === undefined) return { ok: false, reason: 'malformed' };
    const fingerprint = hash('sha256', shown, 'base64url');
    const known = wasRead.get(fingerprint);
    const leaf = known ?? readCertificate(new Uint8Array(shown));
    if (leaf === undefined || leaf.commonName === undefined) {
      return { ok: false, reason: 'malformed' };
    }

    const { serial } = leaf;
    const own = await owns.of(q, serial, (reading) => reading.one(certificateState, { serial }));
    if (own?.fingerprint === fingerprint) {
      if (known === undefined) wasRead.set(fingerprint, leaf);
      const subject = { kind: own.subject_kind, id: own.subject_id };
      const refused = (reason: JudgedReason): Judged => {
        return { ok: false, reason, own: { serial, subject } };
      };
      const wrong = wrongOwn(leaf, use, clock.now());
      if (wrong !== undefined) return refused(wrong);
      const ca = await cas.of(q, own.ca_id, (reading) => reading.one(caState, { id: own.ca_id }));
      if (own.revoked_at !== null || ca === undefined || ca.revoked_at !== null) {
        return refused('revoked');
      }
      return {
        ...facts(leaf, fingerprint, 'own', subjectKinds),
        profile: own.profile,
        subject,
      };
    }

    const wrong = wrongLeaf(leaf, use, clock.now());
    if (wrong !== undefined) return { ok: false, reason: wrong };
    const sent = issuers()
      .slice(0, LONGEST_CHAIN - 1)
      .map(readCertificate);
    const found = await trusted.judge(
      q,
      leaf,
      sent.filter((each) => each !== undefined),
      use,
    );
    return 'by' in found
      ? {
          ...facts(leaf, fingerprint, found.by.name, found.by.trustedFor),
          policies: found.policies,
          rests: found.rests,
        }
      : { ok: false, reason: found.reason };
  };
}

function facts(
  leaf: Certificate,
  fingerprint: string,
  issuer: string,
  trustedFor: readonly TrustedKind[],
): GoodCertificate {
  const { dns, ip, uri, email, upn } = leaf.names;
  return {
    ok: true,
    issuer,
    trustedFor,
    serial: leaf.serial,
    subjectName: leaf.commonName ?? '',
    issuerDer: leaf.issuer,
    subjectDer: leaf.subject,
    sans: { dns, ip, uri, email, upn },
    policies: leaf.policies,
    rests: [],
    role: readText(readOne(leaf.extensions.get(extensions.modbusRole)?.value)),
    notAfter: leaf.notAfter,
    fingerprint,
  };
}
