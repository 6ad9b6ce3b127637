import type { ListenConfig } from '../../http/listen-config.ts';
import { checkedNetworks } from '../../kernel/networks.ts';
import { type AskedRules, plainHost } from './asked.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** Who may ask, by the settings; where they name nobody, nobody may. */
export function proxyRules(
  { trusted, certificate }: Pick<ProxyConfig, 'trusted' | 'certificate'>,
  { trustedProxies, tls }: Pick<ListenConfig, 'trustedProxies' | 'tls'>,
  origin: () => string,
): AskedRules {
  const front = createFrontDoor(tls !== undefined);
  return {
    proxies: checkedNetworks(trusted ?? trustedProxies),
    frontDoor: () => front(origin()),
    certificate: certificate && {
      header: certificate.header,
      from: checkedNetworks(certificate.from),
    },
  };
}

/** The address is settled once we listen, and read only when it changes: this is asked for each request. */
function createFrontDoor(ownTls: boolean): (origin: string) => string | undefined {
  let known: string | undefined;
  let name: string | undefined;
  return (origin) => {
    if (known !== origin) {
      const { protocol, host } = new URL(origin);
      name = !ownTls && protocol === 'https:' ? plainHost(host) : undefined;
      known = origin;
    }
    return name;
  };
}
