/** Certificates for tunnels: a CA, our own, and as many devices as are wanted. */
import { type CertificateWish, type Issuer, makeCertificate } from '../support/certificates.ts';

export function keyPem(issuer: Issuer): string {
  return issuer.key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

export interface EapPki {
  readonly ca: Issuer;
  readonly server: Issuer;
  device(name: string, wish?: Partial<CertificateWish>): Issuer;
}

export function makeEapPki(name = 'Plant CA'): EapPki {
  const ca = makeCertificate({ subject: { O: 'Plant', CN: name }, authority: true });
  const alternative = { dns: 'radius.example.com' };
  const server = makeCertificate(
    { subject: { CN: 'radius.example.com' }, authority: false, alternative, forClients: false },
    ca,
  );
  return {
    ca,
    server,
    device: (CN, wish = {}) =>
      makeCertificate({ subject: { CN }, authority: false, forClients: true, ...wish }, ca),
  };
}
