import {
  readAttestationPayload,
  readFinalize,
  readKeyChange,
  readNewAccount,
  readNewOrder,
  readRevocation,
  wantsDeactivation,
} from '../../server/doors/acme/acme-payloads.ts';
import { isObject, readInnerBody, readJwsBody } from '../../server/doors/acme/jws-body.ts';
import { readBasic } from '../../server/doors/est/basic.ts';
import { parseJsonBytes } from '../../server/http/json-body.ts';
import { readJwk, readJwks } from '../../server/proofs/jwk.ts';
import { readJws } from '../../server/proofs/jws.ts';
import { acmeKey } from '../support/acme-client.ts';
import { makeCertificate } from '../support/certificates.ts';
import { fuzz } from '../support/fuzz.ts';

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const b64 = (value: string | Uint8Array) => Buffer.from(value).toString('base64url');
const url = 'https://localhost/acme/new-order';
const { jwk } = acmeKey();
const head = { alg: 'ES256', nonce: 'AAAA', url, kid: 'https://localhost/acme/account/1' };
const inner = {
  protected: b64(JSON.stringify({ alg: 'HS256', kid: '1', url })),
  payload: b64(JSON.stringify(jwk)),
  signature: b64('signature'),
};
const certificate = b64(makeCertificate({ subject: { CN: 'a' }, authority: false }).der);
const PAYLOADS = [
  { onlyReturnExisting: false, externalAccountBinding: inner },
  { identifiers: [{ type: 'dns', value: 'a.example' }] },
  { csr: certificate },
  { certificate, reason: 4 },
  { ...inner, payload: b64(JSON.stringify({ account: 'https://k', oldKey: jwk })) },
  { attObj: certificate },
  { status: 'deactivated' },
];
const whole = (payload: unknown, more: object = head) => ({
  protected: b64(JSON.stringify(more)),
  payload: b64(JSON.stringify(payload)),
  signature: b64('signature'),
});
const edges = [...'"\\{}[],:0eu.-='].map((one) => one.charCodeAt(0));

/** Whether it is a request; what it carries is given to all who read some. */
function isRequest(value: unknown): boolean {
  const body = readJwsBody(value);
  readInnerBody(value);
  if (body === undefined) return false;
  for (const read of [readNewAccount, readNewOrder, readFinalize, readRevocation]) read(body);
  readKeyChange(body, (account) => account);
  readAttestationPayload(body.payload);
  wantsDeactivation(body);
  return true;
}

fuzz('requests of ACME', {
  seeds: PAYLOADS.map((payload) => text(whole(payload))),
  edges,
  most: 65_536,
  read(bytes) {
    const parsed = parseJsonBytes(bytes);
    return parsed.ok && isRequest(parsed.value.value);
  },
});

fuzz('what requests of ACME carry', {
  seeds: [...PAYLOADS.map(text), text(head), text({ alg: 'ES256', nonce: 'A', url, jwk })],
  edges,
  read(bytes) {
    const asPayload = { ...whole({}), payload: b64(bytes) };
    const asHead = { ...whole({}), protected: b64(bytes) };
    const asInner = whole({ externalAccountBinding: { ...inner, protected: b64(bytes) } });
    return [asPayload, asHead, asInner].filter(isRequest).length > 1;
  },
});

fuzz('tokens and keys in JSON', {
  seeds: [jwk, { keys: [jwk, { ...jwk, kid: '1' }] }, { iss: 'a', sub: 'a', aud: [url] }, head].map(
    text,
  ),
  edges,
  read(bytes) {
    const part = b64(bytes);
    const [claims, header] = [`${b64('{"alg":"ES256"}')}.${part}.AA`, `${part}.${b64('{}')}.AA`];
    const parsed = parseJsonBytes(bytes);
    if (parsed.ok) {
      readJwk(parsed.value.value);
      readJwks(parsed.value.value);
    }
    readBasic(`Basic ${Buffer.from(bytes).toString('base64')}`);
    readBasic(Buffer.from(bytes).toString('latin1'));
    const tokens = [claims, header].map((token) => readJws(token, 16_384));
    return parsed.ok && isObject(parsed.value.value) && tokens.some((token) => token !== undefined);
  },
});
