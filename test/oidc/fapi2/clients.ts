/** The two kinds of client that FAPI 2.0 knows: one that signs assertions and proofs, and one that shows a certificate throughout. */
import * as oidc from 'openid-client';
import type { ResourceId } from '../../../server/kernel/id.ts';
import { skewOf } from '../../support/clock.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import {
  fetchWith,
  type OpensslCertificate,
  type OpensslFolder,
  openOpenssl,
} from '../../support/openssl.ts';
import { addProof, makeKey, type SigningKey } from '../../support/processes.ts';

export const API = 'https://pay.example.com/';
export const OFFLINE = { scope: 'openid offline_access' };
const GRANTS = ['authorization_code', 'refresh_token'] as const;

export interface Fapi2House extends OidcHouse {
  readonly openssl: OpensslFolder;
  readonly server: OpensslCertificate;
  readonly payments: ResourceId;
}

/** How a client shows who it is, and what its tokens are bound to. */
export interface Fapi2Client {
  readonly way: 'private_key_jwt and DPoP' | 'mTLS';
  readonly app: TestApp;
  readonly key: SigningKey;
  readonly certificate: OpensslCertificate | undefined;
  config(): Promise<oidc.Configuration>;
  /** What goes with each request for a token. */
  binding(config: oidc.Configuration): Promise<{ DPoP?: oidc.DPoPHandle }>;
}

/** Over TLS, as §5.2 has it; clients may show a certificate. */
export async function openFapi2House(): Promise<Fapi2House> {
  const openssl = openOpenssl();
  const server = openssl.selfSigned('localhost', 'server');
  const tls = { certificate: server.pem, key: server.keyPem, clientCertificates: true };
  const house = await openOidcHouse({ listener: { tls } });
  const scopes = [{ name: 'read', says: 'See your payments.' }];
  const payments = await house.addApi('payments', { audience: API, scopes });
  return {
    ...house,
    openssl,
    server,
    payments,
    async close() {
      await house.close();
      openssl.remove();
    },
  };
}

const detail = (clientAuth: 'key' | 'certificate') => ({
  profile: 'fapi2' as const,
  clientAuth,
  grants: [...GRANTS],
  apis: [{ audience: API, scopes: ['read'] }],
});

export async function keyClient(house: Fapi2House, name: string): Promise<Fapi2Client> {
  const app = await house.addApp(name, detail('key'));
  const key = makeKey('ES256', 'k1');
  await addProof(house, app.process, 'key', { jwk: key.jwk });
  const der = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const cryptoKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  const auth = () => oidc.PrivateKeyJwt({ key: cryptoKey, kid: 'k1' });
  const pair = await oidc.randomDPoPKeyPair();
  return {
    way: 'private_key_jwt and DPoP',
    app,
    key,
    certificate: undefined,
    config: () => configured(house, app, auth(), undefined),
    binding: async (config) => ({ DPoP: oidc.getDPoPHandle(config, pair) }),
  };
}

export async function certificateClient(house: Fapi2House, name: string): Promise<Fapi2Client> {
  const app = await house.addApp(name, detail('certificate'));
  const certificate = house.openssl.selfSigned(name);
  await addProof(house, app.process, 'certificate', { certificate: certificate.pem });
  return {
    way: 'mTLS',
    app,
    key: makeKey(),
    certificate,
    config: () => configured(house, app, oidc.TlsClientAuth(), certificate),
    binding: async () => ({}),
  };
}

async function configured(
  house: Fapi2House,
  { id }: TestApp,
  auth: oidc.ClientAuth,
  certificate: OpensslCertificate | undefined,
): Promise<oidc.Configuration> {
  const reach = fetchWith(house.server, certificate) as oidc.CustomFetch;
  // People's codes have moved the house's clock ahead.
  const skew = skewOf(house);
  const metadata = { [oidc.clockSkew]: skew };
  const options = { [oidc.customFetch]: reach };
  const config = await oidc.discovery(new URL(house.issuer), id, metadata, auth, options);
  config[oidc.customFetch] = reach;
  return config;
}
