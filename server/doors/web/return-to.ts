/**
 * Where to go after signing in: a path on this site, or nothing. Written so that no browser's reading of it can leave the
 * site: one slash and no second, no backslash (which some read as a slash), nothing that is not plain ASCII.
 */
const PATH = /^\/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*$/;
const LONGEST = 1024;
/** Pages of the way in itself would lead round in a circle. */
const WAYS_IN = /^\/(?:signin|signout|signed-out|confirm|enrol)(?:[/?]|$)/;

export function returnTo(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST || !PATH.test(text)) return undefined;
  const here = new URL('https://here.invalid');
  const there = new URL(text, here);
  if (there.origin !== here.origin || WAYS_IN.test(there.pathname)) return undefined;
  return text;
}
