/** What an application says of itself, and nobody says for it; kept as it said it, so that it is seen who changed it since. */
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import type { Application } from '../app-words.ts';

export const ownGrants = ['authorization_code', 'refresh_token'] as const;
const OWN: ReadonlySet<string> = new Set(ownGrants);

/** What an application may say of itself. */
export type Introduction = Pick<
  ApplicationDetail,
  'redirectUris' | 'postLogoutRedirectUris' | 'idTokenAlg' | 'boundTokens'
> & {
  readonly title: string;
  readonly clientAuth: 'none' | 'secret';
  readonly grants: readonly (typeof ownGrants)[number][];
};

type Own = Pick<Application, 'title' | 'detail'>;

const WORDS = [
  'redirectUris',
  'postLogoutRedirectUris',
  'clientAuth',
  'idTokenAlg',
  'boundTokens',
] as const;

function wordsOf({ title, detail }: Own): Readonly<Record<string, unknown>> {
  const grants = detail.grants.filter((grant) => OWN.has(grant)).sort();
  return { title, grants, ...Object.fromEntries(WORDS.map((word) => [word, detail[word]])) };
}

export const saidOf = (app: Own): string => JSON.stringify(wordsOf(app));

/** Which of them are others. */
export function changedIn(before: Own, after: Own): string[] {
  const [old, next] = [wordsOf(before), wordsOf(after)];
  return Object.keys(next).filter((w) => JSON.stringify(old[w]) !== JSON.stringify(next[w]));
}

/** With what it says now; what others said for it stays. */
export function saying({ detail }: Own, said: Introduction): ApplicationDetail {
  const ofOthers = detail.grants.filter((grant) => !OWN.has(grant));
  return { ...detail, ...said, grants: [...said.grants, ...ofOthers] };
}

export const originsOf = ({ redirectUris }: Pick<ApplicationDetail, 'redirectUris'>): string[] => [
  ...new Set(redirectUris.map((uri) => new URL(uri).origin)),
];

/** Whoever invited it, and whoever opened something to it since, saw where it leads: it leads nowhere else (docs/decisions/0012). */
export function leadsElsewhere({ detail }: Own, said: Introduction): boolean {
  const known = new Set(placesOf(detail.redirectUris));
  const leaving = new Set([...known, ...placesOf(detail.postLogoutRedirectUris)]);
  return (
    placesOf(said.redirectUris).some((place) => !known.has(place)) ||
    placesOf(said.postLogoutRedirectUris).some((place) => !leaving.has(place))
  );
}

/** One's own computer is one place, whichever port a program has there (RFC 8252 §7.3). */
const placesOf = (uris: readonly string[]): string[] =>
  uris.map((uri) => (uri.startsWith('http:') ? 'loopback' : new URL(uri).origin));

/** What people see of it when they agree. */
export function faceOf({ title, detail }: Own): string {
  return JSON.stringify([title, originsOf(detail).sort()]);
}
