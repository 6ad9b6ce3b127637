/**
 * What every house has without anyone adding it: its own API, and the command line that signs in to it from elsewhere. They have
 * no rows, so nobody can change or take them away; who may enter them is for policy to say, as anywhere. Their ids are the same
 * in every house: a client id is no secret (RFC 6749 §2.2), and a program must know its own before it has asked anything.
 */
import { ApiDetail, ApplicationDetail } from '@sallyport/contract/resources.ts';
import type { ResourceId } from '../kernel/id.ts';
import { keysOf, type Resource } from './resource.ts';

// Of the form of ids of ours, from the first millisecond of the epoch: none that is made later can be the same.
export const COMMAND_LINE = '00000000-0000-7000-8000-00000000c11e' as ResourceId;
export const OWN_API = '00000000-0000-7000-8000-000000000a91' as ResourceId;

/** The one scope of our own API: all that the person may do, in the session in which they gave it. */
export const ACT_AS_ME = 'act-as-me';

/** RFC 8252 §7.3: where a program on the person's computer waits. The port is what it gets at that moment. */
export const LOOPBACK_PATH = '/callback';

export const ownAudience = (origin: string) => `${origin}/api/v1`;

export interface BuiltIn {
  get(id: string): Resource | undefined;
  named(name: string): Resource | undefined;
  byKey(key: string): Resource | undefined;
}

export function createBuiltIn(origin: () => string): BuiltIn {
  const common = { epoch: 1, groups: [], open: 'everyone', members: [] } as const;
  const always = { ...common, createdAt: 0, changedAt: 0 };
  let made: { readonly origin: string; readonly by: ReadonlyMap<string, Resource> } | undefined;

  /** Asked for at each entry of anyone to anything: one look into a map. */
  function found(word: string): Resource | undefined {
    const at = origin();
    if (made?.origin !== at) made = { origin: at, by: indexOf(resourcesAt(at)) };
    return made.by.get(word);
  }

  const resourcesAt = (at: string): readonly Resource[] => [
    {
      ...always,
      id: COMMAND_LINE,
      name: 'sallyport-cli',
      kind: 'application',
      detail: ApplicationDetail.parse({
        title: 'Sallyport command line',
        redirectUris: [`http://127.0.0.1${LOOPBACK_PATH}`, `http://[::1]${LOOPBACK_PATH}`],
        boundTokens: true,
        apis: [{ audience: ownAudience(at), scopes: [ACT_AS_ME] }],
      }),
    },
    {
      ...always,
      id: OWN_API,
      name: 'sallyport-api',
      kind: 'api',
      detail: ApiDetail.parse({
        audience: ownAudience(at),
        scopes: [{ name: ACT_AS_ME, says: 'Do here all that you may do' }],
      }),
    },
  ];

  return {
    get: (id) => found(`id ${id}`),
    named: (name) => found(`name ${name}`),
    byKey: (key) => found(`key ${key}`),
  };
}

function indexOf(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(
    resources.flatMap((one) =>
      [`id ${one.id}`, `name ${one.name}`, ...keysOf(one).map((key) => `key ${key}`)].map(
        (word) => [word, one] as const,
      ),
    ),
  );
}
