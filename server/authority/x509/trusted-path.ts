/**
 * The way from a certificate to a CA of others that is trusted (RFC 5280 §6), by what the peer sent and what was imported: who signed
 * whom, what each CA may vouch for, and what was revoked. It reads nothing, and knows of each CA what it is handed.
 */
import type { TrustedKind } from '@sallyport/contract/certificates.ts';
import { hex } from '../../kernel/bytes.ts';
import { type Certificate, same } from '../../wire/x509/certificate.ts';
import type { RevocationList } from '../../wire/x509/revocation-list.ts';
import type { JudgedReason, Listed } from './authority-words.ts';
import { caKey, type Use, worseOf, wrongCa } from './certificate-rules.ts';
import { judgeSignature, keyIdOf } from './key-material.ts';
import { namesWithin } from './name-rules.ts';
import { promisedPolicies } from './promised-policies.ts';

export interface TrustedView {
  readonly id: string;
  /** Another one after each list. */
  readonly version: number;
  readonly name: string;
  readonly trustedFor: readonly TrustedKind[];
  readonly certificates: readonly Certificate[];
  readonly wantsList: boolean;
  readonly lists: readonly { readonly issuer: string; readonly list: RevocationList }[];
  /** Where its lists are fetched, if anywhere. */
  readonly listUrls: readonly string[];
  readonly addedAt: number;
  readonly notAfter: number;
}

export interface Vouched {
  readonly by: TrustedView;
  /** Each certificate by which it does, as lists name it: once one of them is revoked, it does no more. */
  readonly rests: readonly Listed[];
  /** Of those that the certificate says, which its whole path promises. */
  readonly policies: readonly string[];
}

/** CAs between a leaf and one that is trusted: more are a way to make us compute. */
const DEEPEST = 6;
/** Steps that are tried on the way to one CA: certificates that sign one another in circles lead to no more of them. */
const MOST_CHECKS = 40;

export type Signs = (of: Certificate, ca: Certificate) => 'good' | 'bad' | 'weak';

/** `weak`: a key of a CA that is none of today. */
export function signs(of: Certificate, ca: Certificate): ReturnType<Signs> {
  const key = caKey(ca);
  if (key === undefined) return 'weak';
  return judgeSignature(of.signature, of.body, key) === 'good' ? 'good' : 'bad';
}

/**
 * Each signature once for one answer, to whichever of many CAs a way is sought: what a stranger sends would be computed for each of
 * them otherwise.
 */
export function eachOnce(check: Signs = signs): Signs {
  const known = new Map<Certificate, Map<Certificate, ReturnType<Signs>>>();
  return (of, ca) => {
    const by = known.get(of) ?? new Map<Certificate, ReturnType<Signs>>();
    known.set(of, by);
    const found = by.get(ca) ?? check(of, ca);
    by.set(ca, found);
    return found;
  };
}

/** `everywhere`: all that are trusted, that one too. Without a way, the reason that came closest. */
export function pathTo(
  view: TrustedView,
  everywhere: readonly TrustedView[],
  leaf: Certificate,
  sent: readonly Certificate[],
  use: Use,
  now: number,
  signature: Signs,
): Vouched | { readonly reason: JudgedReason } {
  let worst: JudgedReason = 'unknown-authority';
  const no = (reason: JudgedReason) => {
    worst = worseOf(worst, reason);
  };
  let checks = MOST_CHECKS;
  /** Depth first; each certificate once in a path, so that a circle ends. */
  function climb(
    of: Certificate,
    below: number,
    passed: readonly Certificate[],
    unlisted: boolean,
  ): Vouched | undefined {
    const anchors = view.certificates.map((ca) => ({ ca, trusted: true }));
    const others = below < DEEPEST ? sent.map((ca) => ({ ca, trusted: false })) : [];
    for (const { ca, trusted } of [...anchors, ...others]) {
      if (passed.includes(ca) || !same(ca.subject, of.issuer) || !keyIdsAgree(of, ca)) continue;
      const wrong = wrongCa(ca, below, use, now);
      if (wrong !== undefined) {
        no(wrong);
        continue;
      }
      checks -= 1;
      if (checks < 0) return undefined;
      const signed = signature(of, ca);
      if (signed === 'weak') no(signed);
      if (signed !== 'good') continue;
      const revoked = revocation(view, everywhere, of, ca, now);
      if (revoked === 'revoked') {
        no(revoked);
        continue;
      }
      // That a list is wanted counts once it is known that the way leads there.
      const withoutList = unlisted || revoked === 'revocation-unknown';
      if (!namesWithin(ca.nameConstraints, passed)) {
        no('not-for-this');
        continue;
      }
      if (!trusted) {
        const found = climb(ca, below + 1, [...passed, ca], withoutList);
        if (found !== undefined) return found;
        continue;
      }
      if (withoutList) {
        no('revocation-unknown');
        continue;
      }
      const above = allAbove(view.certificates, ca);
      const path = [...passed, ca];
      // Under whatever name those stand here that issued it: what one of them revoked is revoked.
      const listers = issuedBy(allCertificates(everywhere), ca);
      if (listers.some((one) => isListed(everywhere, one))) {
        no('revoked');
        continue;
      }
      if (above.every((one) => namesWithin(one.nameConstraints, path))) {
        return {
          by: view,
          rests: [...pathOf(path), ...listers],
          policies: promisedPolicies(leaf, passed.slice(1), [ca, ...above]),
        };
      }
      no('not-for-this');
    }
    return undefined;
  }
  return climb(leaf, 0, [leaf], false) ?? { reason: worst };
}

/** A path ends at the first CA that was imported; what those say that were imported above it holds all the same. */
function allAbove(imported: readonly Certificate[], anchor: Certificate): readonly Certificate[] {
  const above = new Set([anchor]);
  for (const of of above) {
    for (const ca of imported) if (same(ca.subject, of.issuer)) above.add(ca);
  }
  above.delete(anchor);
  return [...above];
}

const allCertificates = (views: readonly TrustedView[]) =>
  views.flatMap(({ certificates }) => certificates);

/** The anchor and all above it, each as those name it in their lists that may have issued it. */
function issuedBy(imported: readonly Certificate[], anchor: Certificate): Listed[] {
  return [anchor, ...allAbove(imported, anchor)].flatMap((of) =>
    imported
      .filter((ca) => same(ca.subject, of.issuer) && keyIdsAgree(of, ca))
      .map((ca) => ({ issuer: idOf(ca), serial: of.serial })),
  );
}

/** Each certificate of a path but the last, which is trusted. */
function pathOf(path: readonly Certificate[]): Listed[] {
  return path.slice(1).map((ca, below) => ({
    issuer: idOf(ca),
    // One for each of those above it.
    serial: (path[below] as Certificate).serial,
  }));
}

/** What a CA revoked is revoked under each name under which it is trusted. */
export function isListed(
  everywhere: readonly Pick<TrustedView, 'lists'>[],
  { issuer, serial }: Listed,
): boolean {
  return everywhere.some(({ lists }) =>
    lists.some((each) => each.issuer === issuer && each.list.revoked.has(serial)),
  );
}

export const idOf = (ca: Certificate) => hex(keyIdOf(ca.publicKey));

/** Where both say one (RFC 5280 §4.2.1.1): of two CAs of one name, only the right one is tried. */
function keyIdsAgree(of: { authorityKeyId: Uint8Array | undefined }, ca: Certificate): boolean {
  const { authorityKeyId: wanted } = of;
  const { subjectKeyId: given } = ca;
  return wanted === undefined || given === undefined || same(wanted, given);
}

export function signedList(list: RevocationList, ca: Certificate): boolean {
  if (!same(list.issuer, ca.subject) || !keyIdsAgree(list, ca)) return false;
  const key = caKey(ca);
  return key !== undefined && judgeSignature(list.signature, list.body, key) === 'good';
}

/** Under which of its names a CA wants lists, they say alone. */
function revocation(
  view: TrustedView,
  everywhere: readonly TrustedView[],
  of: Certificate,
  ca: Certificate,
  now: number,
): JudgedReason | undefined {
  const issuer = idOf(ca);
  if (isListed(everywhere, { issuer, serial: of.serial })) return 'revoked';
  const known = view.lists.find((each) => each.issuer === issuer);
  if (known === undefined) return view.wantsList ? 'revocation-unknown' : undefined;
  return (known.list.nextUpdate ?? 0) > now ? undefined : 'revocation-unknown';
}
