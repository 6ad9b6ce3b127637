/** Attributes of vendors' own (RFC 2865 §5.26), by their enterprise numbers: what those who log in at their devices are given. */
import type { DictionaryLine } from './dictionary-line.ts';

export interface Vendor {
  readonly id: number;
  readonly name: string;
  readonly attributes: readonly DictionaryLine[];
}

export const MICROSOFT = 311;
const CISCO = 9;

export const VENDORS: readonly Vendor[] = [
  {
    id: CISCO,
    name: 'Cisco',
    attributes: [
      [1, 'Cisco-AVPair', 'text'],
      [2, 'Cisco-NAS-Port', 'text'],
    ],
  },
  {
    id: MICROSOFT,
    name: 'Microsoft',
    attributes: [
      [7, 'MS-MPPE-Encryption-Policy', 'integer'],
      [8, 'MS-MPPE-Encryption-Types', 'integer'],
      [16, 'MS-MPPE-Send-Key', 'octets'],
      [17, 'MS-MPPE-Recv-Key', 'octets'],
      [28, 'MS-Primary-DNS-Server', 'address'],
      [29, 'MS-Secondary-DNS-Server', 'address'],
    ],
  },
  {
    id: 2636,
    name: 'Juniper',
    attributes: [
      [1, 'Juniper-Local-User-Name', 'text'],
      [2, 'Juniper-Allow-Commands', 'text'],
      [3, 'Juniper-Deny-Commands', 'text'],
      [4, 'Juniper-Allow-Configuration', 'text'],
      [5, 'Juniper-Deny-Configuration', 'text'],
      [10, 'Juniper-User-Permissions', 'text'],
    ],
  },
  {
    id: 14823,
    name: 'Aruba',
    attributes: [
      [1, 'Aruba-User-Role', 'text'],
      [2, 'Aruba-User-Vlan', 'integer'],
      [3, 'Aruba-Priv-Admin-User', 'integer'],
      [4, 'Aruba-Admin-Role', 'text'],
      [9, 'Aruba-Named-User-Vlan', 'text'],
    ],
  },
  {
    id: 11,
    name: 'HP',
    attributes: [
      [1, 'HP-Privilege-Level', 'integer'],
      [2, 'HP-Command-String', 'text'],
      [3, 'HP-Command-Exception', 'integer', { 'Permit-List': 0, 'Deny-List': 1 }],
      [26, 'HP-Management-Protocol', 'integer'],
    ],
  },
  {
    id: 14988,
    name: 'MikroTik',
    attributes: [
      [3, 'Mikrotik-Group', 'text'],
      [8, 'Mikrotik-Rate-Limit', 'text'],
      [19, 'Mikrotik-Address-List', 'text'],
      [26, 'Mikrotik-Wireless-VLANID', 'integer'],
    ],
  },
  {
    id: 12356,
    name: 'Fortinet',
    attributes: [
      [1, 'Fortinet-Group-Name', 'text'],
      [3, 'Fortinet-Vdom-Name', 'text'],
      [6, 'Fortinet-Access-Profile', 'text'],
    ],
  },
  {
    id: 25461,
    name: 'Palo Alto Networks',
    attributes: [
      [1, 'PaloAlto-Admin-Role', 'text'],
      [2, 'PaloAlto-Admin-Access-Domain', 'text'],
      [5, 'PaloAlto-User-Group', 'text'],
    ],
  },
  {
    id: 25053,
    name: 'Ruckus',
    attributes: [
      [1, 'Ruckus-User-Groups', 'text'],
      [8, 'Ruckus-WSG-User', 'text'],
      [9, 'Ruckus-Wispr-Redirect-Policy', 'text'],
    ],
  },
  {
    id: 1991,
    name: 'Foundry and Brocade',
    attributes: [
      [1, 'Foundry-Privilege-Level', 'integer'],
      [2, 'Foundry-Command-String', 'text'],
    ],
  },
  {
    id: 30065,
    name: 'Arista',
    attributes: [[1, 'Arista-AVPair', 'text']],
  },
  {
    id: 2011,
    name: 'Huawei',
    attributes: [[29, 'Huawei-Exec-Privilege', 'integer']],
  },
  {
    id: 41112,
    name: 'Ubiquiti',
    attributes: [[1, 'Ubiquiti-AVPair', 'text']],
  },
  {
    id: 3076,
    name: 'Cisco ASA',
    attributes: [
      [25, 'ASA-Group-Policy', 'text'],
      [220, 'ASA-Privilege-Level', 'integer'],
    ],
  },
];
