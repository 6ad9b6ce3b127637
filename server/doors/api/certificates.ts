/** Certificates of the own authority. */
import type { certificateOperations } from '@sallyport/contract/api/certificates.ts';
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import { MINUTE } from '../../kernel/clock.ts';
import type { ApiDeps } from './api-deps.ts';
import { certificate, issuedCertificate, noCertificate, requestIn } from './certificate-views.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';

export function certificateHandlers(
  {
    certificateAdministration: administration,
    clock,
  }: Pick<ApiDeps, 'certificateAdministration' | 'clock'>,
  cursors: Cursors,
): Handlers<keyof typeof certificateOperations> {
  const shown = (one: Parameters<typeof certificate>[0]) => certificate(one, clock.now());
  return {
    async listCertificates({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, ...filter } = query;
      const name = `certificates ${JSON.stringify(filter)}`;
      const begins = cursors.read(name, cursor);
      if (begins instanceof Told) return begins;
      const [at, serial] = begins.after?.split(' ') ?? [];
      const before = serial === undefined ? undefined : { issuedAt: Number(at), serial };
      // One more tells whether there is another page.
      const wanted = { ...filter, before, limit: limit + 1 };
      return answered(
        await administration.list(token, wanted, arrival),
        (found) => {
          const items = found.slice(0, limit);
          const last = found.length > limit ? items.at(-1) : undefined;
          return {
            items: items.map(shown),
            next: cursors.write(name, last && `${last.issuedAt} ${last.serial}`),
          };
        },
        never,
      );
    },

    async readCertificate({ params }, { token, arrival }) {
      return answered(
        await administration.read(token, params.serial, arrival),
        shown,
        ({ code }) => new Told(code),
      );
    },

    async issueCertificate({ body }, { token, arrival }) {
      const { profile, subject, names, role, lifetimeMinutes } = body;
      const wanted = {
        profile,
        csr: requestIn(body.request),
        kind: subject.kind,
        named: subject.id,
        names,
        role: role ?? undefined,
        lifetime: lifetimeMinutes === null ? undefined : lifetimeMinutes * MINUTE,
      };
      return answered(
        await administration.issue(token, wanted, arrival),
        issuedCertificate,
        noCertificate,
      );
    },

    async renewCertificate({ params, body: { request } }, { token, arrival }) {
      const csr = request === null ? undefined : requestIn(request);
      return answered(
        await administration.renew(token, params.serial, csr, arrival),
        issuedCertificate,
        noCertificate,
      );
    },

    async revokeCertificate({ params, body }, { token, arrival }) {
      return answered(
        await administration.revoke(token, params.serial, body.reason, arrival),
        shown,
        ({ code }) => new Told(code === 'revoked' ? 'certificate-revoked' : code),
      );
    },
  };
}
