/**
 * Answers whether certificates of ours were revoked (RFC 6960), signed by a key that each CA delegates to (§4.2.2.2). An answer
 * without a nonce is kept, and given again until half of its time has passed or the CA revoked anything since; with a nonce
 * (RFC 9654) it is signed for whoever asked. Of others' certificates nothing is said.
 */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Queries, Store } from '../../store/store.ts';
import { readBits, readOne, TAG, within } from '../../wire/der/der-reader.ts';
import { same } from '../../wire/x509/certificate.ts';
import {
  type CertId,
  type OcspQuestion,
  type OcspStatus,
  readOcspQuestion,
  writeOcspAnswer,
  writeOcspRefusal,
} from '../../wire/x509/ocsp.ts';
import type { OcspAnswer } from './authority-words.ts';
import { caState, issuingIds } from './ca-table.ts';
import { type Cas, type OwnCa, type SigningCa, signs, wholeSecond } from './cas.ts';
import { certificateState } from './certificate-table.ts';
import { revocationReasons } from './revocation-reason.ts';

export interface OcspDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly cas: Cas;
  /** How long an answer is good. */
  readonly life: number;
}

/** What is kept of answers: some 1.2 kB each. */
const MOST_KEPT = 50_000;

interface Kept {
  readonly ca: string;
  readonly revision: number;
  readonly renewAt: number;
  readonly answer: OcspAnswer;
}

interface Hashes {
  readonly ca: OwnCa;
  readonly sha1: { readonly name: Buffer; readonly key: Buffer };
  readonly sha256: { readonly name: Buffer; readonly key: Buffer };
}

export function createOcsp({ store, clock, cas, life }: OcspDeps) {
  /** By the bytes of what was asked about. */
  const kept = createBoundedMap<string, Kept>(MOST_KEPT);
  let known: readonly Hashes[] = [];
  let knownIds = '';

  function hashesOf(ca: OwnCa): Hashes {
    const { subject, publicKey } = ca.certificate;
    const key = readBits(within(readOne(publicKey), TAG.sequence)?.[1]) ?? publicKey;
    const by = (digest: 'sha1' | 'sha256') => ({
      name: hash(digest, subject, 'buffer'),
      key: hash(digest, key, 'buffer'),
    });
    return { ca, sha1: by('sha1'), sha256: by('sha256') };
  }

  const named = ({ hash: digest, nameHash, keyHash }: CertId) =>
    digest === 'other'
      ? undefined
      : known.find((each) => same(each[digest].key, keyHash) && same(each[digest].name, nameHash))
          ?.ca;

  /** Whoever asks about CAs of others has nothing read but which there are of ours. */
  async function lookAgain(): Promise<void> {
    const ids = (await store.read((q) => q.all(issuingIds, {}))).map(({ id }) => id).join();
    if (ids === knownIds) return;
    const rows = await store.read((q) => cas.all(q));
    known = rows.filter(({ role }) => role === 'issuing').map((row) => hashesOf(cas.open(row)));
    knownIds = ids;
  }

  /** The one CA of ours that all of it is about. */
  async function issuerOf({ asked }: OcspQuestion): Promise<SigningCa | undefined> {
    const first = asked[0];
    if (first === undefined) return undefined;
    if (named(first) === undefined) await lookAgain();
    const ca = named(first);
    const alone = asked.every((each) => named(each) === ca);
    // Of one that is over everything has expired, and whoever answers about it would be over, too.
    return ca !== undefined && alone && signs(ca) && clock.now() < ca.notAfter ? ca : undefined;
  }

  async function statusOf(
    q: Queries,
    ca: OwnCa,
    { serial }: CertId,
    caRevokedAt: number | null,
  ): Promise<OcspStatus> {
    const row = await q.one(certificateState, { serial });
    if (row === undefined || row.ca_id !== ca.id) return { state: 'unknown' };
    // RFC 6960 §2.7: with it goes all that it issued.
    if (caRevokedAt !== null && row.revoked_at === null) {
      return { state: 'revoked', at: caRevokedAt, reason: revocationReasons.unspecified };
    }
    if (row.revoked_at === null) return { state: 'good' };
    const reason = revocationReasons[row.reason ?? 'unspecified'];
    return { state: 'revoked', at: row.revoked_at, reason };
  }

  async function responderOf(ca: SigningCa): Promise<SigningCa> {
    const there = await store.read((q) => cas.responderOf(q, ca));
    return there ?? store.write((tx) => cas.responder(tx, ca));
  }

  async function sign(question: OcspQuestion, ca: SigningCa) {
    const responder = await responderOf(ca);
    return store.read(async (q) => {
      const state = await q.one(caState, { id: ca.id });
      if (state === undefined) throw new Fault('authority', `the CA ${ca.id} is gone`);
      const answers: { id: CertId; status: OcspStatus }[] = [];
      for (const id of question.asked) {
        answers.push({ id, status: await statusOf(q, ca, id, state.revoked_at) });
      }
      const at = wholeSecond(clock.now());
      const until = Math.min(at + life, responder.notAfter);
      const { subject: name, der: certificate } = responder.certificate;
      const response = writeOcspAnswer(
        { answers, at, until, nonce: question.nonce, responder: { name, certificate } },
        responder.signer,
      );
      const lasting = answers.every(({ status }) => status.state !== 'unknown');
      return { response, at, until, revision: state.revision, lasting };
    });
  }

  return async function ocsp(request: Uint8Array): Promise<OcspAnswer> {
    const question = readOcspQuestion(request);
    if (question === undefined) return refusal('malformed');
    const ca = await issuerOf(question);
    if (ca === undefined) return refusal('unauthorized');
    // Of several, every order and number of them is a question of its own: none that is worth keeping.
    if (question.nonce !== undefined || question.asked.length > 1) {
      const { response } = await sign(question, ca);
      return { response, until: undefined };
    }
    const key = question.asked.map(({ whole }) => Buffer.from(whole).toString('latin1')).join();
    const there = kept.get(key);
    if (there !== undefined && clock.now() < there.renewAt) {
      const state = await store.read((q) => q.one(caState, { id: there.ca }));
      if (state?.revision === there.revision) return there.answer;
    }
    const { response, at, until, revision, lasting } = await sign(question, ca);
    const answer: OcspAnswer = { response, until: lasting ? until : undefined };
    if (lasting) {
      const renewAt = at + Math.max(SECOND, (until - at) / 2);
      kept.set(key, { ca: ca.id, revision, renewAt, answer });
    }
    return answer;
  };
}

function refusal(why: Parameters<typeof writeOcspRefusal>[0]): OcspAnswer {
  return { response: writeOcspRefusal(why), until: undefined };
}
