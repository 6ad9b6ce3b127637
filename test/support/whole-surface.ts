/** Every route of every door, knocked at by someone who may do everything: what is refused to them is refused for what it is. */
import assert from 'node:assert/strict';
import { API_PREFIX, type OperationName, operations } from '@sallyport/contract/api/operations.ts';
import { readTables } from '../store/fill-tables.ts';
import { placeOf } from './route-samples.ts';
import { type Answer, openServedHouse, type ServedHouse } from './served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from './served-people.ts';

export const FORM = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';

export interface WholeSurface {
  readonly served: ServedHouse;
  readonly root: PasskeyPerson;
  /** Of the session of `root`. */
  readonly token: string;
  /** To a page, with the cookie of the session; its token for forms is in the body, or is not. */
  post(path: string, type: string | undefined, body?: string | Uint8Array): Promise<Answer>;
  /** To an operation of the API; with an empty type none is said. */
  send(name: OperationName, body?: string | Uint8Array, type?: string): Promise<Answer>;
  untouched(work: () => Promise<void>): Promise<void>;
}

export async function openWholeSurface(): Promise<WholeSurface> {
  const served = await openServedHouse();
  const root = await passkeyPerson(served, 'root', ['administrator']);
  const { token } = (await passkeySignIn(served, root)).session;
  return {
    served,
    root,
    token,
    untouched: (work) => untouched(served, work),
    post: (path, type, body) =>
      served.send({
        method: 'POST',
        path: placeOf({ path }, root.id),
        headers: {
          cookie: `sallyport-session=${token}`,
          origin: served.origin,
          ...(type === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body }),
      }),
    send: (name, body, type = JSON_TYPE) =>
      served.send({
        method: operations[name].method,
        path:
          API_PREFIX +
          operations[name].path
            .replace('{id}', root.id)
            .replace('{serial}', '4711')
            .replace('{name}', 'Corp'),
        headers: {
          authorization: `Bearer ${token}`,
          ...(type === '' ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body }),
      }),
  };
}

/** Nothing in the database is other than before, not even the record. */
export async function untouched(
  { test }: Pick<ServedHouse, 'test'>,
  work: () => Promise<void>,
): Promise<void> {
  const before = await readTables(test.store);
  await work();
  assert.deepEqual(await readTables(test.store), before);
}
