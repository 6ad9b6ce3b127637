/**
 * The names of RADIUS attributes, and how their values are written (RFC 2865 §5, RFC 2868 §3, RFC 8044 §3). To add one, add its line
 * here, or to vendors.ts where it is a vendor's own; `./sallyport` and policies may then call it by its name.
 */
import type { DictionaryLine, ValueKind } from './dictionary-line.ts';
import { VENDORS } from './vendors.ts';

export interface Entry {
  readonly type: number;
  /** Of a vendor's own (RFC 2865 §5.26); undefined for those of the standard. */
  readonly vendor: number | undefined;
  readonly name: string;
  readonly kind: ValueKind;
  /** Words that stand for numbers. */
  readonly words: Readonly<Record<string, number>> | undefined;
}

const SERVICE = {
  Login: 1,
  Framed: 2,
  'Callback-Login': 3,
  'Callback-Framed': 4,
  Outbound: 5,
  Administrative: 6,
  'NAS-Prompt': 7,
  'Authenticate-Only': 8,
  'Call-Check': 10,
  'Authorize-Only': 17,
};
const PORT = {
  Async: 0,
  Virtual: 5,
  Ethernet: 15,
  'Wireless-802.11': 19,
};
const STATUS = {
  Start: 1,
  Stop: 2,
  'Interim-Update': 3,
  'Accounting-On': 7,
  'Accounting-Off': 8,
};
const CAUSE = {
  'User-Request': 1,
  'Lost-Carrier': 2,
  'Idle-Timeout': 4,
  'Session-Timeout': 5,
  'Admin-Reset': 6,
  'Admin-Reboot': 7,
  'Port-Error': 8,
  'NAS-Error': 9,
  'NAS-Request': 10,
  'NAS-Reboot': 11,
  'User-Error': 17,
};

const STANDARD: readonly DictionaryLine[] = [
  [1, 'User-Name', 'text'],
  [2, 'User-Password', 'octets'],
  [3, 'CHAP-Password', 'octets'],
  [4, 'NAS-IP-Address', 'address'],
  [5, 'NAS-Port', 'integer'],
  [6, 'Service-Type', 'integer', SERVICE],
  [7, 'Framed-Protocol', 'integer', { PPP: 1 }],
  [8, 'Framed-IP-Address', 'address'],
  [9, 'Framed-IP-Netmask', 'address'],
  [11, 'Filter-Id', 'text'],
  [12, 'Framed-MTU', 'integer'],
  [14, 'Login-IP-Host', 'address'],
  [15, 'Login-Service', 'integer', { Telnet: 0, SSH: 50 }],
  [18, 'Reply-Message', 'text'],
  [24, 'State', 'octets'],
  [25, 'Class', 'text'],
  [26, 'Vendor-Specific', 'octets'],
  [27, 'Session-Timeout', 'integer'],
  [28, 'Idle-Timeout', 'integer'],
  [29, 'Termination-Action', 'integer', { Default: 0, 'RADIUS-Request': 1 }],
  [30, 'Called-Station-Id', 'text'],
  [31, 'Calling-Station-Id', 'text'],
  [32, 'NAS-Identifier', 'text'],
  [33, 'Proxy-State', 'octets'],
  [40, 'Acct-Status-Type', 'integer', STATUS],
  [41, 'Acct-Delay-Time', 'integer'],
  [42, 'Acct-Input-Octets', 'integer'],
  [43, 'Acct-Output-Octets', 'integer'],
  [44, 'Acct-Session-Id', 'text'],
  [45, 'Acct-Authentic', 'integer', { RADIUS: 1, Local: 2, Remote: 3 }],
  [46, 'Acct-Session-Time', 'integer'],
  [47, 'Acct-Input-Packets', 'integer'],
  [48, 'Acct-Output-Packets', 'integer'],
  [49, 'Acct-Terminate-Cause', 'integer', CAUSE],
  [50, 'Acct-Multi-Session-Id', 'text'],
  [52, 'Acct-Input-Gigawords', 'integer'],
  [53, 'Acct-Output-Gigawords', 'integer'],
  [55, 'Event-Timestamp', 'time'],
  [60, 'CHAP-Challenge', 'octets'],
  [61, 'NAS-Port-Type', 'integer', PORT],
  [64, 'Tunnel-Type', 'tagged-integer', { VLAN: 13 }],
  [65, 'Tunnel-Medium-Type', 'tagged-integer', { 'IEEE-802': 6 }],
  [76, 'Prompt', 'integer', { 'No-Echo': 0, Echo: 1 }],
  [77, 'Connect-Info', 'text'],
  [79, 'EAP-Message', 'octets'],
  [80, 'Message-Authenticator', 'octets'],
  [81, 'Tunnel-Private-Group-Id', 'tagged-text'],
  [85, 'Acct-Interim-Interval', 'integer'],
  [87, 'NAS-Port-Id', 'text'],
  [88, 'Framed-Pool', 'text'],
  [89, 'Chargeable-User-Identity', 'octets'],
  [95, 'NAS-IPv6-Address', 'address6'],
  [101, 'Error-Cause', 'integer'],
  [102, 'EAP-Key-Name', 'octets'],
  [168, 'Framed-IPv6-Address', 'address6'],
];

function entries(): readonly Entry[] {
  const of = (vendor: number | undefined, lines: readonly DictionaryLine[]) =>
    lines.map(([type, name, kind, words]) => ({ type, vendor, name, kind, words }));
  return [
    ...of(undefined, STANDARD),
    ...VENDORS.flatMap(({ id, attributes }) => of(id, attributes)),
  ];
}

const ENTRIES = entries();
const keyOf = (vendor: number | undefined, type: number) => `${vendor ?? ''}/${type}`;
const BY_NAME: ReadonlyMap<string, Entry> = new Map(
  ENTRIES.map((entry) => [entry.name.toLowerCase(), entry]),
);
const BY_TYPE: ReadonlyMap<string, Entry> = new Map(
  ENTRIES.map((entry) => [keyOf(entry.vendor, entry.type), entry]),
);

export const attributeNames = (): readonly string[] => ENTRIES.map(({ name }) => name);

/** Names are the same in upper and lower case. */
export const entryNamed = (name: string): Entry | undefined => BY_NAME.get(name.toLowerCase());

export const entryOf = (type: number, vendor?: number): Entry | undefined =>
  BY_TYPE.get(keyOf(vendor, type));
