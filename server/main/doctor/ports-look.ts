import type { Config } from '../../config/sections.ts';
import { bad, type Finding, type Look, ok } from './look.ts';

interface Port {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  readonly over: 'TCP' | 'UDP';
}

/** Whether two doors want the same port: then the server does not start, or one of them hears nothing. */
export const lookAtPorts: Look = {
  name: 'ports',
  needs: ['listen', 'pki', 'cards', 'radius', 'tacacs'],
  look({ loaded: { config } }) {
    // 0 is any that is free.
    const all = portsOf(config).filter(({ port }) => port !== 0);
    const findings: Finding[] = all.flatMap((one, at) =>
      all
        .slice(at + 1)
        .filter((other) => clash(one, other))
        .map((other) =>
          bad(
            `Both ${one.setting} and ${other.setting} are ${one.over} port ${one.port}.`,
            `Give one of them another: ${other.setting}`,
          ),
        ),
    );
    if (findings.length > 0) return findings;
    const told = all.map(({ setting, port, over }) => `${setting} ${port} (${over})`);
    return ok(`No two doors want the same: ${told.join(', ')}.`);
  },
};

function portsOf({ listen, pki, cards, radius, tacacs }: Config): Port[] {
  const port = (setting: string, host: string, number: number, over: Port['over']): Port => ({
    setting,
    host,
    port: number,
    over,
  });
  return [
    port('listen.port', listen.host, listen.port, 'TCP'),
    ...(pki.enabled ? [port('pki.port', pki.host, pki.port, 'TCP')] : []),
    ...(cards.enabled ? [port('cards.port', cards.host, cards.port, 'TCP')] : []),
    ...(radius.enabled
      ? [
          port('radius.port', radius.host, radius.port, 'UDP'),
          port('radius.accountingPort', radius.host, radius.accountingPort, 'UDP'),
          ...(radius.tls ? [port('radius.tlsPort', radius.host, radius.tlsPort, 'TCP')] : []),
        ]
      : []),
    ...(tacacs.enabled && tacacs.plain
      ? [port('tacacs.port', tacacs.host, tacacs.port, 'TCP')]
      : []),
    ...(tacacs.enabled && tacacs.tls
      ? [port('tacacs.tlsPort', tacacs.host, tacacs.tlsPort, 'TCP')]
      : []),
  ];
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

function clash(one: Port, other: Port): boolean {
  if (one.port !== other.port || one.over !== other.over) return false;
  return one.host === other.host || EVERYWHERE.has(one.host) || EVERYWHERE.has(other.host);
}
