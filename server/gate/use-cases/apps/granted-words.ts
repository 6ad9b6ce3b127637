/**
 * What an application asks for, and may do from then on, as one list of words: scopes of OpenID Connect as they are, those of an API
 * after its audience. An API that is asked for without any scope has a word, too: a token for it is good there for whoever holds it, so
 * that people are asked about it, and entry to it is judged, as for any other.
 */
import type { AppAsk } from './app-words.ts';

export function wordsOf({ scopes, apis }: Pick<AppAsk, 'scopes' | 'apis'>): string[] {
  const ofApis = apis.flatMap(({ audience, scopes }) =>
    scopes.length === 0 ? [`${audience}#`] : scopes.map((one) => `${audience}#${one}`),
  );
  return [...scopes, ...ofApis];
}

/** The APIs among such words, as they stand on a grant, each with its scopes. */
export function apisIn(words: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const word of words.split(' ')) {
    const at = word.lastIndexOf('#');
    if (at < 0) continue;
    const audience = word.slice(0, at);
    const scope = word.slice(at + 1);
    found.set(audience, [...(found.get(audience) ?? []), ...(scope === '' ? [] : [scope])]);
  }
  return found;
}
