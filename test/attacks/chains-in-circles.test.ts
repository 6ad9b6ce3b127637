/**
 * Chains that are sent to make us compute (T1499.003; CVE-2023-0464): certificates that all sign one another, shown by a stranger to a house
 * that trusts many CAs. Each signature is checked once, however many ways there are and to however many CAs; and a chain that leads
 * to the last of them is found.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  eachOnce,
  pathTo,
  signs,
  type TrustedView,
} from '../../server/authority/x509/trusted-path.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { type Certificate, readCertificate } from '../../server/wire/x509/certificate.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';

const CAS = 20;
const SENT = 7;
const now = Date.UTC(2026, 0, 1);

function read({ der }: Issuer): Certificate {
  const certificate = readCertificate(new Uint8Array(der));
  assert.ok(certificate);
  return certificate;
}

const ca = (CN: string, issuer?: Issuer) =>
  makeCertificate({ subject: { CN }, authority: true }, issuer);

function trusting(roots: readonly Issuer[]): readonly TrustedView[] {
  return roots.map((root, at) => ({
    ...{
      id: `${at}`,
      name: `${at}`,
      version: 1,
      trustedFor: ['device'],
      certificates: [read(root)],
    },
    ...{ wantsList: false, lists: [], listUrls: [], addedAt: now, notAfter: now + DAY },
  }));
}

/** What is found, and how many signatures were checked for it. */
function judge(views: readonly TrustedView[], leaf: Certificate, sent: readonly Certificate[]) {
  let checked = 0;
  const signature = eachOnce((of, by) => {
    checked += 1;
    return signs(of, by);
  });
  const ways = views.map((view) => pathTo(view, views, leaf, sent, 'client', now, signature));
  return { found: ways.find((way) => 'by' in way), checked };
}

describe('a chain that is sent to many CAs', () => {
  it('has each signature checked once, though all of it signs all of it', () => {
    const views = trusting(Array.from({ length: CAS }, (_, at) => ca(`root ${at}`)));
    const first = ca('circle');
    // None says by which key it was signed, so that any of them may have been it.
    const circle = Array.from({ length: SENT }, () => ({
      ...read(ca('circle', first)),
      authorityKeyId: undefined,
      publicKey: read(first).publicKey,
    }));
    const wish = { subject: { CN: 'stranger' }, authority: false, forClients: true };
    const leaf = { ...read(makeCertificate(wish, first)), authorityKeyId: undefined };
    const { found, checked } = judge(views, leaf, circle);
    assert.equal(found, undefined);
    assert.ok(checked > 0 && checked <= (SENT + 1) * SENT, `${checked} signatures`);
  });

  it('is found where it leads to the last of them', () => {
    const roots = Array.from({ length: CAS }, (_, at) => ca(`root ${at}`));
    const last = roots[CAS - 1];
    const between = ca('between', last);
    const wish = { subject: { CN: 'pump' }, authority: false, forClients: true };
    const leaf = read(makeCertificate(wish, between));
    const { found, checked } = judge(trusting(roots), leaf, [read(between)]);
    assert.equal(found && 'by' in found && found.by.id, `${CAS - 1}`);
    assert.equal(checked, 2);
  });
});
