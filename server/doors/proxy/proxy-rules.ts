import { checkedNetworks } from '../../kernel/networks.ts';
import type { AskedRules } from './asked.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** Who may ask, by the settings; where they name nobody, nobody may. */
export function proxyRules(
  { trusted, certificate }: Pick<ProxyConfig, 'trusted' | 'certificate'>,
  trustedProxies: readonly string[],
): AskedRules {
  return {
    proxies: checkedNetworks(trusted ?? trustedProxies),
    certificate: certificate && {
      header: certificate.header,
      from: checkedNetworks(certificate.from),
    },
  };
}
