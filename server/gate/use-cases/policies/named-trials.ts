/** Trials as outsiders name them (trials.ts): by the words of an address, a body or a command line. */
import { isAction, parts } from '../../../policy/actions.ts';
import type { People } from '../../../subjects/people.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { WishOf } from '../../wish.ts';
import { type NamedWishError, wishAt, wishNamed } from '../../wishes.ts';
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
