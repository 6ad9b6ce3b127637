/**
 * What anyone may fetch of the authority: its certificates, its revocation lists, and answers about single certificates. One table
 * of addresses for both ways in which it is served: among the other doors, and on a port of its own by plain HTTP, which is where
 * software that checks certificates looks best (RFC 5280 §8: lists are signed, and fetching them must not need TLS).
 *
 *     /pki/ca.cer, /pki/root.cer     the issuing CA in use, the root: DER (RFC 2585)
 *     /pki/root.pem, /pki/chain.pem  the root, both: PEM
 *     /pki/issuing.crl, /pki/root.crl
 *     /pki/ca/ID.cer, /pki/crl/ID.crl    by key id, as certificates point to them: those before them, too
 *     /pki/ocsp                      RFC 6960 appendix A: GET and POST
 */
import { Buffer } from 'node:buffer';
import type { Authority, PublishedCa } from '../../authority/x509/authority-words.ts';
import { fromBase64 } from '../../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import { pemOf } from '../../wire/der/pem.ts';

export const OCSP_REQUEST = 'application/ocsp-request';
export const LARGEST_OCSP = 4096;

export interface PkiAnswer {
  readonly type: string;
  readonly body: Uint8Array;
  /** Seconds for which caches may keep it; none where it is undefined. */
  readonly maxAge: number | undefined;
}

export interface PkiAnswers {
  /** Undefined for an address at which nothing is. */
  get(path: string): Promise<PkiAnswer | undefined>;
  ocsp(request: Uint8Array): Promise<PkiAnswer>;
}

/** Whatever was revoked since is told of after so long, and no later. */
const KEPT = (5 * MINUTE) / SECOND;
const ID = /^[0-9a-f]{40}$/;

export function createPkiAnswers(
  authority: Pick<Authority, 'published' | 'crl' | 'ocsp'>,
  clock: Clock,
): PkiAnswers {
  async function certificate(found: (ca: PublishedCa) => boolean): Promise<PkiAnswer | undefined> {
    const ca = (await authority.published()).find(found);
    return ca && { type: 'application/pkix-cert', body: ca.certificate, maxAge: KEPT };
  }

  async function list(found: (ca: PublishedCa) => boolean): Promise<PkiAnswer | undefined> {
    const ca = (await authority.published()).find(found);
    const body = ca && (await authority.crl(ca.id));
    return body && { type: 'application/pkix-crl', body, maxAge: KEPT };
  }

  async function pem(...found: ((ca: PublishedCa) => boolean)[]): Promise<PkiAnswer | undefined> {
    const all = await authority.published();
    const wanted = found.map((each) => all.find(each));
    if (wanted.includes(undefined)) return undefined;
    const text = wanted.map((ca) => (ca === undefined ? '' : pemOf(ca.certificate))).join('');
    // RFC 8555 §9.1.
    const type = 'application/pem-certificate-chain';
    return { type, body: Buffer.from(text), maxAge: KEPT };
  }

  async function ocsp(request: Uint8Array): Promise<PkiAnswer> {
    const { response, until } = await authority.ocsp(request);
    const left = until === undefined ? 0 : Math.floor((until - clock.now()) / SECOND);
    const maxAge = left > 0 ? Math.min(left, KEPT) : undefined;
    return { type: 'application/ocsp-response', body: response, maxAge };
  }

  return {
    ocsp,
    async get(path) {
      if (path === '/pki/ca.cer') return certificate(issuing);
      if (path === '/pki/root.cer') return certificate(root);
      if (path === '/pki/root.pem') return pem(root);
      if (path === '/pki/chain.pem') return pem(issuing, root);
      if (path === '/pki/issuing.crl') return list(issuing);
      if (path === '/pki/root.crl') return list(root);
      const [, , folder, ...rest] = path.split('/');
      const name = rest.join('/');
      if (folder === 'ocsp') {
        const asked = questionIn(name);
        return asked && ocsp(asked);
      }
      const [id = '', kind, more] = name.split('.');
      if (more !== undefined || !ID.test(id)) return undefined;
      const byId = (ca: PublishedCa) => ca.id === id;
      if (folder === 'ca' && kind === 'cer') return certificate(byId);
      return folder === 'crl' && kind === 'crl' ? list(byId) : undefined;
    },
  };
}

const issuing = (ca: PublishedCa) => ca.role === 'issuing' && ca.inUse;
const root = (ca: PublishedCa) => ca.role === 'root' && ca.inUse;

/** The question in an address is in base64, and that in the characters of addresses: some write it so, and some don't. */
function questionIn(text: string): Uint8Array | undefined {
  if (text.length > LARGEST_OCSP * 2) return undefined;
  try {
    return fromBase64(decodeURIComponent(text));
  } catch {
    return undefined; // A percent sign of strangers that stands before no number.
  }
}
