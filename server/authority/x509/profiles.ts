/**
 * What the authority issues: one profile a purpose. Names and extensions of a certificate come from here and from what is
 * known of its subject, and never from the request. To add one: an entry here, and its row in docs/authority.md.
 */
import type { CertificateProfile } from '@sallyport/contract/certificates.ts';
import { DAY, HOUR } from '../../kernel/clock.ts';

export type KeyKind = 'p256' | 'p384' | 'p521' | 'ed25519' | 'rsa';
export type AlternativeKind = 'dns' | 'ip' | 'uri' | 'upn';

export interface Profile {
  readonly says: string;
  /** Which kinds of subjects it is for. */
  readonly subjects: readonly ('device' | 'process' | 'person' | 'server')[];
  readonly keys: readonly KeyKind[];
  /** Extended key usages, by their names in wire/x509/oids.ts. */
  readonly uses: readonly ('clientAuth' | 'serverAuth' | 'eapOverLan' | 'smartcardLogon')[];
  /** Names that may stand beside the subject's own. */
  readonly names: readonly AlternativeKind[];
  /** Of which there must be one. */
  readonly needs: readonly AlternativeKind[];
  /** Whether the subject is written into the names as urn:sallyport:<kind>:<id>. */
  readonly urn: boolean;
  /** Whether it says where to ask if it was revoked: what lives for minutes is not asked about. */
  readonly pointers: boolean;
  readonly lifetime: number;
  readonly longest: number;
}

const EVERY_KEY: readonly KeyKind[] = ['p256', 'p384', 'p521', 'ed25519', 'rsa'];
/** What browsers and supplicants of our time can check. */
const WIDESPREAD: readonly KeyKind[] = ['p256', 'p384', 'rsa'];

export const profiles = {
  device: {
    says: 'A device on the network: 802.1X, VPN, TLS as a client.',
    subjects: ['device'],
    keys: EVERY_KEY,
    uses: ['clientAuth'],
    names: ['dns', 'ip'],
    needs: [],
    urn: true,
    pointers: true,
    lifetime: 90 * DAY,
    longest: 400 * DAY,
  },
  process: {
    says: 'A software process that proves itself in TLS.',
    subjects: ['process'],
    keys: EVERY_KEY,
    uses: ['clientAuth'],
    names: ['dns'],
    needs: [],
    urn: true,
    pointers: true,
    lifetime: 30 * DAY,
    longest: 100 * DAY,
  },
  person: {
    says: 'A person, with the key on a smart card.',
    subjects: ['person'],
    keys: ['p256', 'p384', 'rsa'],
    uses: ['clientAuth', 'smartcardLogon'],
    names: ['upn'],
    needs: [],
    urn: true,
    pointers: true,
    lifetime: 365 * DAY,
    longest: 1100 * DAY,
  },
  server: {
    says: 'A server that is reached by TLS.',
    subjects: ['server', 'device', 'process'],
    keys: WIDESPREAD,
    uses: ['serverAuth'],
    names: ['dns', 'ip'],
    needs: ['dns', 'ip'],
    urn: false,
    pointers: true,
    lifetime: 90 * DAY,
    longest: 398 * DAY,
  },
  'radius-server': {
    says: 'A server that speaks EAP or RADIUS over TLS.',
    subjects: ['server', 'device'],
    keys: WIDESPREAD,
    uses: ['serverAuth', 'clientAuth', 'eapOverLan'],
    names: ['dns', 'ip'],
    needs: ['dns', 'ip'],
    urn: false,
    pointers: true,
    lifetime: 90 * DAY,
    longest: 398 * DAY,
  },
  'modbus-role': {
    says: 'A client of Modbus/TCP Security, with its role in the certificate.',
    subjects: ['device', 'process', 'person'],
    keys: WIDESPREAD,
    uses: ['clientAuth'],
    names: ['dns', 'ip'],
    needs: [],
    urn: true,
    pointers: true,
    lifetime: 90 * DAY,
    longest: 400 * DAY,
  },
  svid: {
    says: 'A workload, by its SPIFFE ID.',
    subjects: ['process'],
    keys: WIDESPREAD,
    uses: ['clientAuth', 'serverAuth'],
    names: ['uri', 'dns'],
    needs: ['uri'],
    urn: false,
    pointers: false,
    lifetime: HOUR,
    longest: DAY,
  },
} as const satisfies Readonly<Record<CertificateProfile, Profile>>;

export type ProfileName = CertificateProfile;

export function isProfileName(text: string): text is ProfileName {
  return Object.hasOwn(profiles, text);
}
