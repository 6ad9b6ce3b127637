/**
 * Which names we answer to. A request that came under another name was led here by someone else's DNS (rebinding) or meant
 * for another server; neither gets a page on which cookies or passkeys could be asked for.
 */
export interface Hosts {
  /** The one address that pages, cookies and passkeys belong to. */
  origin(): string;
  answersTo(host: string | undefined): boolean;
  /** Told once it is known, when the port was left to the system. */
  listensOn(port: number): void;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export function createHosts(options: {
  readonly host: string;
  readonly port: number;
  readonly origin?: string | undefined;
  readonly secure: boolean;
  readonly loopback: boolean;
}): Hosts {
  const scheme = options.secure ? 'https' : 'http';
  let origin = '';
  let names = new Set<string>();
  const settle = (port: number) => {
    const name = options.host.includes(':') ? `[${options.host}]` : options.host;
    // URL drops the scheme's own port, as browsers do in Host and Origin.
    const own = new URL(options.origin ?? `${scheme}://${name}:${port}`);
    origin = own.origin;
    names = new Set([own.host, new URL(`${scheme}://${name}:${port}`).host]);
    if (!options.loopback) return;
    for (const loopback of LOOPBACK_NAMES)
      names.add(new URL(`${scheme}://${loopback}:${port}`).host);
  };
  settle(options.port);
  return {
    origin: () => origin,
    answersTo: (host) => host !== undefined && names.has(host.toLowerCase()),
    listensOn: settle,
  };
}
