/** Devices that have an account with ACME, what they prove their names by, and what they are refused with. */
import assert from 'node:assert/strict';
import type { AcmeHouse } from './acme.ts';
import { type AcmeClient, acmeClient, answering } from './acme-client.ts';
import type { Answer } from './served-house.ts';

/** A device with a pass for these names, and a client that has its account. */
export async function acmeAccount(
  house: AcmeHouse,
  name: string,
  names: readonly string[] = [`${name}.devices.example`],
) {
  const device = await house.addDevice(name);
  const pass = await house.issuePass(device, { names });
  const one = acmeClient(house);
  assert.equal((await one.register(pass.eab)).status, 201);
  return { one, device, pass };
}

export const acmeError = (name: string) => `urn:ietf:params:acme:error:${name}`;

export function isProblem(answer: Answer, code: string, status = 400): void {
  assert.equal(answer.json?.type, acmeError(code), answer.text);
  assert.equal(answer.status, status);
  assert.ok(answer.headers.get('replay-nonce'));
}

export function csrFor(house: AcmeHouse, name: string, ...names: string[]): Buffer {
  const san = names.map((each) => `DNS:${each}`).join(',');
  house.request(name, '/', '-addext', `subjectAltName=${san}`);
  return house.file(`${name}.csr`);
}

/** A host that answers challenges as whoever has the account wants it to. */
export const provingHost = (house: AcmeHouse, by: AcmeClient) =>
  answering(house, (token) => `${token}.${by.own.thumbprint}`);
