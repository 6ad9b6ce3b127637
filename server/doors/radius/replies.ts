/**
 * What policies tell a network device of whoever they let in (`@reply("vlan=30 privilege=15")`), as the attributes that say it. Some of
 * that only a vendor's own attributes say: which vendor's, the groups of the network device tell (`cisco`, `juniper` …).
 */

import type { LoggedIn, NetworkClient } from '../../gate/network/network-words.ts';
import type { Attribute } from '../../wire/radius/packet.ts';
import { named } from '../../wire/radius/values.ts';

type Value = string | number;
type Said = readonly (readonly [name: string, value: Value])[];
type Sayings = Readonly<Record<string, (value: Value) => Said>>;

/** RFC 3580 §3.31; RFC 2865 §5.6 and §5.11. */
const ANYWHERE: Sayings = {
  vlan: (vlan) => [
    ['Tunnel-Type', 'VLAN'],
    ['Tunnel-Medium-Type', 'IEEE-802'],
    ['Tunnel-Private-Group-Id', vlan],
  ],
  filter: (filter) => [['Filter-Id', filter]],
  privilege: (level) => [['Service-Type', Number(level) >= 15 ? 'Administrative' : 'NAS-Prompt']],
  role: () => [],
  // It is in Session-Timeout, which is always said.
  sessionTimeout: () => [],
};

/** By group of the network device. To add a vendor: its attributes in wire/radius/vendors.ts, and its line here. */
const VENDORS: Readonly<Record<string, Sayings>> = {
  cisco: {
    privilege: (level) => [['Cisco-AVPair', `shell:priv-lvl=${level}`]],
    role: (role) => [['Cisco-AVPair', `shell:roles="${role}"`]],
  },
  arista: {
    privilege: (level) => [['Arista-AVPair', `shell:priv-lvl=${level}`]],
    role: (role) => [['Arista-AVPair', `shell:roles=${role}`]],
  },
  asa: {
    privilege: (level) => [['ASA-Privilege-Level', level]],
    role: (role) => [['ASA-Group-Policy', role]],
  },
  juniper: { role: (role) => [['Juniper-Local-User-Name', role]] },
  aruba: {
    role: (role) => [
      ['Aruba-Admin-Role', role],
      ['Aruba-User-Role', role],
    ],
  },
  hp: { privilege: (level) => [['HP-Privilege-Level', level]] },
  huawei: { privilege: (level) => [['Huawei-Exec-Privilege', level]] },
  mikrotik: { role: (role) => [['Mikrotik-Group', role]] },
  fortinet: {
    role: (role) => [
      ['Fortinet-Group-Name', role],
      ['Fortinet-Access-Profile', role],
    ],
  },
  paloalto: { role: (role) => [['PaloAlto-Admin-Role', role]] },
  ruckus: { role: (role) => [['Ruckus-User-Groups', role]] },
  ubiquiti: { role: (role) => [['Ubiquiti-AVPair', role]] },
};

/** What a session of ours is called in Class, which network devices give back with their accounting (RFC 2865 §5.25). */
export const CLASS = 'sallyport:';
const LEAST_TIMEOUT = 1;
const MOST_TIMEOUT = 0x7fffffff;

/**
 * Undefined where something can't be said: a network device that isn't told of its VLAN might take whoever comes anywhere, so nobody
 * comes in then.
 */
export function replyOf(
  login: Pick<LoggedIn, 'session' | 'attributes' | 'until'>,
  client: NetworkClient,
  now: number,
): readonly Attribute[] | undefined {
  const said: (readonly [string, Value])[] = [];
  for (const [word, value] of Object.entries(login.attributes)) {
    const plain = Object.hasOwn(ANYWHERE, word) ? ANYWHERE[word] : undefined;
    if (plain === undefined) return undefined;
    said.push(...plain(value));
    for (const group of client.groups) {
      const own = Object.hasOwn(VENDORS, group) ? VENDORS[group]?.[word] : undefined;
      if (own !== undefined) said.push(...own(value));
    }
  }
  const left = Math.floor((login.until - now) / 1000);
  const wanted = login.attributes.sessionTimeout;
  const most = typeof wanted === 'number' ? Math.min(wanted, left) : left;
  said.push(['Session-Timeout', Math.min(Math.max(most, LEAST_TIMEOUT), MOST_TIMEOUT)]);
  said.push(['Class', `${CLASS}${login.session}`]);
  const attributes: Attribute[] = [];
  for (const [name, value] of said) {
    const made = named(name, value);
    if (!made.ok) return undefined;
    attributes.push(made.value);
  }
  return attributes;
}
