/**
 * A client certificate (RFC 8705 §2), presented in the handshake to us or to a proxy that we trust; whether its key was shown is
 * for them to say, and whose it is for us. A process holds a certificate, word for word; or a rule: a CA that issues, and the
 * names that it must have given. The CA is the one that signs the certificate itself, not the root above it: so no chain is
 * built here, and what a chain can smuggle in has no way in. Or it takes whatever our own authority issued to this process, of
 * which each has a row that tells whose it is and whether it still is good: so a renewal, and another issuing CA, change nothing.
 */
import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type {
  Judged,
  ProfileName,
  RestsOn,
  VouchedElsewhere,
} from '../../authority/x509/authority-words.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { failed, type Result } from '../../kernel/result.ts';
import { onlyCertificate } from '../../subjects/only-certificate.ts';
import { LARGEST_CERTIFICATE } from '../../wire/x509/certificate.ts';
import { addProcessProof, createReadFacts, inForce, onlyOutOfForce } from '../process-held.ts';
import type {
  AddingProcessProof,
  HeldProcessProof,
  ProcessProofClass,
  ProcessProofDeps,
  ProcessProofModule,
  ProcessVerdict,
} from '../process-proof.ts';
import { type Names, type OpenedCertificate, openCertificate } from './x509.ts';

const word = z.string().min(1).max(512);
const namesShape = z
  .strictObject({
    commonName: word.optional(),
    organisation: word.optional(),
    organisationalUnit: word.optional(),
    dns: word.toLowerCase().optional(),
    uri: word.optional(),
    email: word.optional(),
  })
  .refine((names) => Object.keys(names).length > 0, {
    error: 'must give a name: a CA issues to others too',
  });

const revocation = z.literal('required').optional();

const settingsShape = z.union([
  z.strictObject({ certificate: z.string().max(2 * LARGEST_CERTIFICATE), revocation }),
  z.strictObject({ ca: z.string().max(2 * LARGEST_CERTIFICATE), names: namesShape, revocation }),
  z.strictObject({ own: z.literal(true) }),
]);

interface Wanted {
  /** That it was not revoked has to be known. */
  readonly revocation?: 'required' | undefined;
}

/** Whatever our own authority issued to the process that holds this. */
interface Own {
  readonly own: true;
}

type Facts =
  | Own
  | (Wanted &
      (
        | { readonly fingerprint: string }
        | { readonly ca: string; readonly names: z.output<typeof namesShape> }
      ));

type Rule =
  | Own
  | (Wanted &
      (
        | { readonly fingerprint: string }
        | { readonly ca: OpenedCertificate; readonly names: z.output<typeof namesShape> }
      ))
  | 'unreadable';

/** Of ours, those by which a process says who it is; the others are for something else. */
const FOR_PROCESSES: ReadonlySet<ProfileName | undefined> = new Set<ProfileName>([
  'process',
  'svid',
]);

const offerShape = z.strictObject({ der: z.instanceof(Uint8Array) });

const CLASS = Object.freeze<ProcessProofClass>({
  kind: 'certificate',
  factors: ['have'],
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 0,
});

const MOST_KEPT = 10_000;

export interface CertificateDeps extends ProcessProofDeps {
  /** What it rests on, unless it was revoked as far as is known here: of our own, and of CAs whose lists are here. */
  readonly vouched: (
    der: Uint8Array,
    how: VouchedElsewhere,
  ) => Promise<Result<RestsOn | undefined, 'withdrawn'>>;
  /** What our own authority says of one that is shown. */
  readonly judge: (der: Uint8Array) => Promise<Judged>;
}

export function createCertificate(deps: CertificateDeps): ProcessProofModule {
  const kind = { kind: 'certificate', most: 8 } as const;
  const read = createReadFacts<Facts, Rule>((facts) => {
    if ('fingerprint' in facts || 'own' in facts) return facts;
    const known = openPem(facts.ca);
    return known === undefined ? 'unreadable' : { ...facts, ca: known };
  });
  const namedCa = (held: HeldProcessProof): Uint8Array | undefined => {
    const rule = read(held);
    return rule !== 'unreadable' && 'ca' in rule ? new Uint8Array(rule.ca.x509.raw) : undefined;
  };
  /** Who signed what stays as it is, so it is checked once. */
  const signed = createBoundedMap<string, boolean>(MOST_KEPT);

  function issuedBy(certificate: OpenedCertificate, ca: OpenedCertificate): boolean {
    const key = `${certificate.fingerprint} ${ca.fingerprint}`;
    const known = signed.get(key);
    if (known !== undefined) return known;
    const { x509 } = certificate;
    // Names and key usage of the issuer, then the signature itself.
    const is = x509.checkIssued(ca.x509) && x509.verify(ca.x509.publicKey);
    signed.set(key, is);
    return is;
  }

  function fits(certificate: OpenedCertificate, rule: Rule, now: number): boolean {
    if (rule === 'unreadable' || 'own' in rule) return false;
    if ('fingerprint' in rule) return rule.fingerprint === certificate.fingerprint;
    const { ca, names } = rule;
    return (
      certificate.forClients &&
      certificate.unknownCritical.length === 0 &&
      now >= ca.from &&
      now < ca.until &&
      namedAs(certificate.names, names) &&
      issuedBy(certificate, ca)
    );
  }

  /** By a rule that takes what our authority issued to this process; without one nothing is looked up. */
  async function ofOurs(
    live: readonly HeldProcessProof[],
    certificate: OpenedCertificate,
  ): Promise<ProcessVerdict> {
    const proof = live.find((each) => {
      const rule = read(each);
      return rule !== 'unreadable' && 'own' in rule;
    });
    if (proof === undefined) return { sound: false, reason: 'wrong' };
    const judged = await deps.judge(new Uint8Array(certificate.x509.raw));
    const subject = judged.ok ? judged.subject : judged.own?.subject;
    if (subject?.kind !== 'process' || subject.id !== proof.process) {
      return { sound: false, reason: 'wrong' };
    }
    if (!judged.ok) {
      return { sound: false, reason: judged.reason === 'revoked' ? 'revoked' : 'wrong' };
    }
    return FOR_PROCESSES.has(judged.profile)
      ? soundBy(proof, certificate)
      : { sound: false, reason: 'wrong' };
  }

  return {
    ...kind,
    guessable: false,
    describe: () => CLASS,
    // It may name many things, of which none need be a name of ours.
    claims: () => undefined,

    shown(held) {
      const rule = read(held);
      if (rule === 'unreadable') return { unreadable: true };
      if ('own' in rule) return { own: true };
      const wanted = rule.revocation === undefined ? {} : { revocation: rule.revocation };
      return 'fingerprint' in rule
        ? { fingerprint: rule.fingerprint, ...wanted }
        : { ca: rule.ca.fingerprint, names: rule.names, ...wanted };
    },

    namedCa,

    async add(tx, adding) {
      const settings = settingsShape.safeParse(adding.settings);
      if (!settings.success) {
        const detail =
          'give a `certificate` in PEM, a `ca` in PEM and `names` that it gave, or `own`: true';
        return failed({ code: 'malformed', detail });
      }
      const { data } = settings;
      if ('own' in data) return addProcessProof(deps, kind, tx, adding, { facts: data });
      const certificate = openPem('ca' in data ? data.ca : data.certificate);
      if (certificate === undefined) {
        return failed({
          code: 'malformed',
          detail: 'that is not one certificate of version 3 in PEM',
        });
      }
      const weak = weaknessOf(certificate.x509);
      if (weak !== undefined) return failed({ code: 'not-allowed', detail: weak });
      const end = certificate.until;
      const wanted = data.revocation === undefined ? {} : { revocation: data.revocation };
      if ('certificate' in data) {
        const { fingerprint } = certificate;
        const later: AddingProcessProof = {
          ...adding,
          notBefore: Math.max(certificate.from, adding.notBefore ?? 0),
        };
        return addProcessProof(deps, kind, tx, later, {
          facts: { fingerprint, ...wanted },
          unique: fingerprint,
          end,
        });
      }
      if (!certificate.x509.ca) {
        return failed({ code: 'not-allowed', detail: 'that certificate is not one of a CA' });
      }
      if (certificate.unknownCritical.length > 0) {
        const detail = 'the CA has constraints that are not checked here';
        return failed({ code: 'not-allowed', detail });
      }
      const { ca, names } = data;
      return addProcessProof(deps, kind, tx, adding, { facts: { ca, names, ...wanted }, end });
    },

    async verify(held, data, moment): Promise<ProcessVerdict> {
      const offer = offerShape.safeParse(data);
      const certificate = offer.success ? openCertificate(offer.data.der) : undefined;
      if (certificate === undefined) return { sound: false, reason: 'malformed' };
      if (moment.now < certificate.from || moment.now >= certificate.until) {
        return { sound: false, reason: 'expired' };
      }
      const live = inForce(held, 'certificate', moment.now);
      if (live.length === 0) return { sound: false, reason: onlyOutOfForce(held, 'certificate') };
      const proof = live.find((each) => fits(certificate, read(each), moment.now));
      if (proof === undefined) return ofOurs(live, certificate);
      // After all else, so that strangers with certificates of their own cost no look into the database.
      const rule = read(proof);
      const how = {
        issuer: namedCa(proof),
        known: rule === 'unreadable' || 'own' in rule || rule.revocation === 'required',
      };
      const vouched = await deps.vouched(new Uint8Array(certificate.x509.raw), how);
      return vouched.ok
        ? soundBy(proof, certificate, vouched.value)
        : { sound: false, reason: 'revoked' };
    },
  };
}

function soundBy(
  { id }: HeldProcessProof,
  { fingerprint, until }: OpenedCertificate,
  rests?: RestsOn,
): ProcessVerdict {
  return {
    sound: true,
    proof: id,
    class: CLASS,
    spend: async () => true,
    confirmation: { 'x5t#S256': fingerprint },
    until,
    ...(rests === undefined ? {} : { rests }),
  };
}

/** Every name of the rule must be there; of what can be there once, once. */
function namedAs(names: Names, rule: z.output<typeof namesShape>): boolean {
  return (Object.entries(rule) as [keyof Names, string | undefined][]).every(([name, wanted]) => {
    if (wanted === undefined) return true;
    const given = names[name];
    return name === 'commonName'
      ? given.length === 1 && given[0] === wanted
      : given.includes(wanted);
  });
}

function openPem(pem: string): OpenedCertificate | undefined {
  const only = onlyCertificate(pem);
  return only && openCertificate(new Uint8Array(only.raw));
}

function weaknessOf({ publicKey }: X509Certificate): string | undefined {
  const bits = publicKey.asymmetricKeyDetails?.modulusLength;
  return bits !== undefined && bits < 2048 ? 'its key is shorter than 2048 bits' : undefined;
}
