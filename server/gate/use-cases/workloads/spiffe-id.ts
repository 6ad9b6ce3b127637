/** SPIFFE IDs (SPIFFE-ID §2): what our processes are called to the outside. */

const LONGEST = 2048;

export const spiffeIdOf = (trustDomain: string, process: string): string =>
  `spiffe://${trustDomain}/process/${process}`;

/** What is wrong with it as the ID of a program; undefined where nothing is. */
export function spiffeIdProblem(id: string): string | undefined {
  if (id.length > LONGEST) return 'it is longer than 2048 bytes';
  const [, domain, path] = /^spiffe:\/\/([a-z0-9._-]{1,255})(\/.*)?$/.exec(id) ?? [];
  if (domain === undefined) return 'it is no SPIFFE ID';
  if (path === undefined) return 'it names a trust domain and nobody in it';
  const sound = path
    .slice(1)
    .split('/')
    .every((part) => /^[A-Za-z0-9._-]+$/.test(part) && part !== '.' && part !== '..');
  return sound ? undefined : 'its path is not of the right form';
}

/** The host that people know us by; an address with brackets is no name, and this machine has one of its own. */
export function trustDomainOf(origin: string): string {
  const { hostname } = new URL(origin);
  return /^[a-z0-9._-]{1,255}$/.test(hostname) ? hostname : 'localhost';
}
