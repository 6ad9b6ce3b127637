/** Certificates in the house of this machine. */
import {
  certificate,
  issuedCertificate,
  noCertificate,
  requestIn,
} from '../../../doors/api/certificate-views.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { CertificatesDesk } from '../certificates-desk.ts';
import { NOT_FOUND } from '../not-found.ts';

export function houseCertificates(house: House): CertificatesDesk {
  const { store, clock, authority, certificateActs } = house;
  const shown = (one: Parameters<typeof certificate>[0]) => certificate(one, clock.now());

  /** What is refused is on record too, and so nothing is undone. */
  async function issuing(work: Parameters<typeof store.write<Issuing>>[0]) {
    const issued = await store.write(work);
    return issued.ok ? ok(issuedCertificate(issued.value)) : failed(noCertificate(issued.error));
  }

  return {
    list: ({ after, limit, ...filter }) =>
      store.read(async (q) => {
        const before = after === undefined ? undefined : await authority.get(q, after);
        if (after !== undefined && before === undefined) return NOT_FOUND;
        const found = await authority.list(q, { ...filter, before, limit: limit + 1 });
        const items = found.slice(0, limit);
        const next = found.length > limit ? items.at(-1)?.serial : undefined;
        return ok({ items: items.map(shown), next: next ?? null });
      }),

    async show(serial) {
      const found = await store.read((q) => authority.get(q, serial));
      return found === undefined ? NOT_FOUND : ok(shown(found));
    },

    issue: ({ request, subject, role, lifetime, ...terms }) =>
      issuing((tx) =>
        certificateActs.issue(
          tx,
          {
            ...terms,
            csr: requestIn(request),
            kind: subject.kind,
            named: subject.id,
            role: role ?? undefined,
            lifetime: lifetime ?? undefined,
          },
          AT_THE_MACHINE,
        ),
      ),

    renew: (serial, request) =>
      issuing((tx) =>
        certificateActs.renew(
          tx,
          serial,
          request === null ? undefined : requestIn(request),
          AT_THE_MACHINE,
        ),
      ),

    async revoke(serial, reason) {
      const revoked = await writeOrUndo(store, (tx) =>
        certificateActs.revoke(tx, serial, reason, AT_THE_MACHINE),
      );
      if (revoked.ok) return ok(shown(revoked.value));
      return revoked.error === 'revoked'
        ? failed({ code: 'certificate-revoked', members: {} })
        : NOT_FOUND;
    },
  };
}

type Issuing = Awaited<ReturnType<House['certificateActs']['issue']>>;
