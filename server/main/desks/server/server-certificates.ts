/** Certificates of a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { CertificatesDesk } from '../certificates-desk.ts';
import { wholeMinutes } from '../whole-minutes.ts';
import { serverPages } from './server-pages.ts';

export function serverCertificates({ call }: Connection): CertificatesDesk {
  return {
    list: ({ after, limit, ...filter }) =>
      serverPages({ after, limit }, (paging) =>
        call('listCertificates', { query: { ...filter, ...paging } }),
      ),
    show: (serial) => call('readCertificate', { params: { serial } }),

    async issue({ lifetime, names, ...terms }) {
      const minutes = lifetime === null ? undefined : wholeMinutes('--lifetime', lifetime);
      if (minutes !== undefined && !minutes.ok) return minutes;
      const { dns, ip, uri, upn } = names;
      return call('issueCertificate', {
        body: {
          ...terms,
          names: { dns: [...dns], ip: [...ip], uri: [...uri], upn: [...upn] },
          lifetimeMinutes: minutes?.value ?? null,
        },
      });
    },

    renew: (serial, request) => call('renewCertificate', { params: { serial }, body: { request } }),
    revoke: (serial, reason) => call('revokeCertificate', { params: { serial }, body: { reason } }),
  };
}
