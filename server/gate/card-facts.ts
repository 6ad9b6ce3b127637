/** What is known of a person's certificate once the authority found it good, or that it is no certificate of a person's. */
import { hash } from 'node:crypto';
import type { GoodCertificate } from '../authority/x509/authority-words.ts';
import { hex } from '../kernel/bytes.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { CardFacts } from '../proofs/card/card-ticket.ts';

const MOST_POLICIES = 16;
const LONGEST_POLICY = 64;

export function cardFactsOf(found: GoodCertificate): Result<CardFacts, 'not-for-people'> {
  const { issuer, trustedFor, subject, policies, subjectName, fingerprint, notAfter } = found;
  const common = {
    authority: issuer,
    policies: policies.filter((policy) => policy.length <= LONGEST_POLICY).slice(0, MOST_POLICIES),
    subject: subjectName.slice(0, 256),
    fingerprint,
    serial: found.serial.slice(0, 128),
    rests: found.rests.map(({ issuer: ca, serial }) => ({ issuer: ca, serial })),
    notAfter,
  };
  if (issuer === 'own') {
    // Ours for machines are no proof of anybody, whatever they are good for otherwise.
    if (subject?.kind !== 'person' || found.profile !== 'person') return failed('not-for-people');
    return ok({ ...common, mapping: `own ${subject.id}`, own: subject.id });
  }
  if (!trustedFor.includes('person')) return failed('not-for-people');
  const beside = namesBeside(found);
  if (beside === undefined) return failed('not-for-people');
  const names = [issuer, hex(found.issuerDer), hex(found.subjectDer), ...beside];
  // Names may be long, and the ticket goes in an address.
  return ok({ ...common, mapping: `others ${hash('sha256', JSON.stringify(names), 'base64url')}` });
}

/**
 * A subject without a common name is that of many: empty (RFC 5280 §4.1.2.6), or a company's. Then who it is stands beside it, in
 * names of people, and is part of what the card goes by; undefined where it is said nowhere.
 */
function namesBeside({ subjectName, sans }: GoodCertificate): readonly string[] | undefined {
  if (subjectName !== '') return [];
  const said = sans.upn.length > 0 ? sans.upn : sans.email;
  return said.length === 0 ? undefined : said.toSorted();
}
