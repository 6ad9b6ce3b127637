/** Trials as outsiders name them (trials.ts): by the words of an address, a body or a command line. */
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { isAction, parts } from '../../../policy/actions.ts';
import type { People } from '../../../subjects/people.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { WishOf } from '../../wish.ts';
import {
  DEVICES,
  type NamedWishError,
  PROCESSES,
  RESOURCES,
  wishAbout,
  wishAt,
  wishNamed,
} from '../../wishes.ts';
import type { Trial } from './trials.ts';

export interface NamedWish {
  readonly action: string;
  /** The person whom the action concerns. */
  readonly concerning?: string | undefined;
  /** What is to be entered or signed in to, by id or name. */
  readonly resource?: string | undefined;
  /** Anything else that it is about. */
  readonly about?:
    | { readonly kind: 'part' | 'network' | 'asset'; readonly name: string }
    | undefined;
}

export type NamedTrial = Omit<Trial, 'wish'> & NamedWish;

export function wishTried(
  { people, resources }: { readonly people: People; readonly resources: Resources },
  { action, concerning, resource, about }: NamedWish,
): WishOf | NamedWishError {
  if (!isAction(action)) return { code: 'unknown-action' };
  if (resource !== undefined) return wishAt(resources, action, resource);
  if (about === undefined) return wishNamed(people, action, concerning);
  const { kind, name } = about;
  if (kind !== 'part') return async () => ({ action, resource: { kind, id: name, groups: [] } });
  const part = parts.find((one) => one === name);
  if (part === undefined) return { code: 'not-found' };
  return async () => ({ action, resource: { kind, id: part } });
}

/**
 * What the answer tells of whom it names: their groups and roles, whether a policy names these or not. So whoever asks has to be one who
 * may look at them. Everyone may know of themselves.
 */
export function lookedAt(
  people: People,
  self: PersonId | undefined,
  { asker, concerning, resource, about }: Pick<NamedTrial, 'asker' | keyof NamedWish>,
): readonly WishOf[] {
  const persons = [
    'person' in asker ? asker.person : undefined,
    parseId<'person'>(concerning ?? ''),
  ];
  const others = persons.filter((id) => id !== undefined && id !== self) as PersonId[]; // What is none was left out.
  const isOf = (kind: 'process' | 'device') => kind in asker;
  const device = isOf('device') || about?.kind === 'network';
  return [
    ...others.map((id) => wishAbout(people, 'person.read', id)),
    ...(isOf('process')
      ? [async () => ({ action: 'process.read', resource: PROCESSES }) as const]
      : []),
    ...(device ? [async () => ({ action: 'device.read', resource: DEVICES }) as const] : []),
    ...(resource === undefined
      ? []
      : [async () => ({ action: 'resource.read', resource: RESOURCES }) as const]),
  ];
}
