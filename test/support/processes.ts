/** Processes for tests: each with what it proves itself by, and an API that it is listed for. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { Entered, Entry, EntryOutcome } from '../../server/gate/entry/entering.ts';
import { listProcessProofs } from '../../server/proofs/process-held.ts';
import type { AddedProcessProof, ProcessOffer } from '../../server/proofs/process-proof.ts';
import type { Process } from '../../server/subjects/process.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { SITE } from './settings.ts';

export const ISSUER = `${SITE}/oidc`;
export const AUDIENCE = 'https://pay.example.com/';

type Some = Pick<TestHouse, 'house' | 'clock'>;

/** An API with two scopes: `read`, and `pay`, which is sensitive. */
export async function addApi(
  { house }: Pick<TestHouse, 'house'>,
  name = 'payments',
  audience = AUDIENCE,
): Promise<Resource> {
  const added = await house.store.write((tx) =>
    house.resources.add(
      tx,
      {
        name,
        groups: [],
        open: 'listed',
        members: [],
        kind: 'api',
        detail: ApiDetail.parse({
          audience,
          scopes: [
            { name: 'read', says: 'See payments.', sensitive: false },
            { name: 'pay', says: 'Make payments.', sensitive: true },
          ],
        }),
      },
      { door: 'cli' },
    ),
  );
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export async function addProcess(
  { house }: Pick<TestHouse, 'house'>,
  name: string,
  entries: Process['entries'] = [],
): Promise<Process> {
  const added = await house.store.write((tx) =>
    house.processes.add(
      tx,
      { name, owner: undefined, purpose: 'A test.', groups: [], entries },
      { door: 'cli' },
    ),
  );
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export async function addProof(
  { house }: Pick<TestHouse, 'house'>,
  process: Process,
  kind: ProcessOffer['kind'],
  settings: unknown,
  times: { notBefore?: number; expiresAt?: number } = {},
): Promise<AddedProcessProof> {
  const added = await house.store.write(async (tx) => {
    const held = await listProcessProofs(tx, process.id);
    const adding = { process: process.id, name: kind, held, settings, ...times };
    return house.processProofs[kind].add(tx, adding);
  });
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export interface SigningKey {
  readonly alg: 'ES256' | 'EdDSA' | 'RS256' | 'PS256';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function makeKey(alg: SigningKey['alg'] = 'ES256', kid?: string): SigningKey {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg, ...(kid ? { kid } : {}) };
  return { alg, privateKey, publicKey, jwk };
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Any token, signed by a key in the key's own way, whatever its header says. */
export function signJws(key: SigningKey, header: object, claims: object): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  const data = Buffer.from(signed);
  const { privateKey } = key;
  const signature =
    key.alg === 'ES256'
      ? sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      : key.alg === 'EdDSA'
        ? sign(null, data, privateKey)
        : key.alg === 'RS256'
          ? sign('sha256', data, privateKey)
          : sign('sha256', data, { key: privateKey, padding: 6, saltLength: 32 });
  return `${signed}.${signature.toString('base64url')}`;
}

let made = 0;

/** The claims of an assertion as it should be; a test spoils them. */
export function claimsFor({ clock }: Pick<TestHouse, 'clock'>, client: string) {
  const now = Math.floor(clock.now() / 1000);
  made += 1;
  return {
    iss: client,
    sub: client,
    aud: ISSUER,
    iat: now,
    exp: now + 60,
    jti: `jti-${made}`,
  };
}

export function assertionBy(
  house: Pick<TestHouse, 'clock'>,
  key: SigningKey,
  client: string,
  change: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): ProcessOffer {
  const claims: Record<string, unknown> = { ...claimsFor(house, client), ...change };
  for (const name of Object.keys(claims)) if (claims[name] === undefined) delete claims[name];
  const assertion = signJws(key, { alg: key.alg, typ: 'JWT', ...header }, claims);
  return { kind: 'key', data: { assertion } };
}

/** How a program comes, as the door of OpenID Connect would tell the gate. */
export function processArrival(test: TestHouse, change: Partial<Arrival> = {}): Arrival {
  return test.arrival({
    door: 'oidc',
    channel: 'token',
    origin: undefined,
    carries: [],
    ...change,
  });
}

export function enter(
  test: TestHouse,
  entry: Partial<Entry> & Pick<Entry, 'offers'>,
  change: Partial<Arrival> = {},
): Promise<EntryOutcome<string>> {
  const whole: Entry = { as: undefined, resource: { audience: AUDIENCE }, scopes: [], ...entry };
  return test.house.gate.enter(whole, processArrival(test, change), async (_tx, entered) =>
    String(entered.grant),
  );
}

export function entered(outcome: EntryOutcome<string>): Entered {
  assert.equal(outcome.state, 'granted', JSON.stringify(outcome));
  return (outcome as EntryOutcome<string> & { state: 'granted' }).entered; // Asserted on the line before.
}

export function refusal(outcome: EntryOutcome<string>): string {
  assert.equal(outcome.state, 'refused', JSON.stringify(outcome));
  return (outcome as EntryOutcome<string> & { state: 'refused' }).reason; // Asserted on the line before.
}

/** A process that holds a key, listed for the API with `read`. */
export async function keyedProcess(
  test: Some & TestHouse,
  api: Resource,
  name = 'billing',
  scopes: readonly string[] = ['read'],
): Promise<{ process: Process; key: SigningKey; proof: AddedProcessProof }> {
  const process = await addProcess(test, name, [{ resource: api.id, scopes }]);
  const key = makeKey();
  const proof = await addProof(test, process, 'key', { jwk: key.jwk });
  return { process, key, proof };
}

/** A house with one API, and processes that are listed for it. */
export interface ProcessHouse extends TestHouse {
  readonly api: Resource;
  /** A process that holds a key, listed with `read` unless other scopes are named. */
  keyed(name: string, scopes?: readonly string[]): ReturnType<typeof keyedProcess>;
}

export async function openProcessHouse(): Promise<ProcessHouse> {
  const test = await openTestHouse();
  const api = await addApi(test);
  return { ...test, api, keyed: (name, scopes) => keyedProcess(test, api, name, scopes) };
}
