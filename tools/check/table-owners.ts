/**
 * Whose each table of the database is: what `npm run check` holds every statement to.
 *
 * Rows are written in the owner's folder alone, and read in its room. Where another room must tell of a row in the same statement
 * as of its own, the owner lends it a part of one (`part` in server/store/statement.ts), which leaves the table's name with its
 * owner. What is read everywhere and in one way is lent by name: with the sentence that says why, and to no more than needs it.
 *
 * To add a table: its name with the folder whose *-table.ts files hold its statements.
 */
export interface Owner {
  readonly folder: string;
  readonly tables: readonly string[];
}

export interface Loan {
  readonly table: string;
  /** A folder or a file of another room, where it may be read. */
  readonly to: string;
  readonly because: string;
}

export const OWNERS: readonly Owner[] = [
  { folder: 'server/store/', tables: ['lease'] },
  { folder: 'server/vault/', tables: ['vault_data_key', 'vault_ring_key', 'vault_ring_secret'] },
  {
    folder: 'server/record/',
    tables: [
      'record_about',
      'record_event',
      'record_log',
      'record_pending',
      'record_sequence',
      'record_tile',
    ],
  },
  {
    folder: 'server/subjects/',
    tables: [
      'device',
      'device_address',
      'device_proof',
      'identifier',
      'process',
      'process_entry',
      'resource',
      'resource_key',
      'subject',
      'workload',
    ],
  },
  { folder: 'server/policy/', tables: ['policy_set'] },
  { folder: 'server/authority/', tables: ['signing_key'] },
  {
    folder: 'server/authority/ssh/',
    tables: ['ssh_ca_key', 'ssh_certificate', 'ssh_revoked_key'],
  },
  {
    folder: 'server/authority/x509/',
    tables: [
      'x509_ca',
      'x509_certificate',
      'x509_credential',
      'x509_distrusted',
      'x509_key',
      'x509_trusted',
      'x509_trusted_crl',
      'x509_trusted_source',
      'x509_vouched',
    ],
  },
  { folder: 'server/proofs/', tables: ['proof', 'spent'] },
  { folder: 'server/gate/approvals/', tables: ['approval'] },
  { folder: 'server/gate/attempts/', tables: ['attempt'] },
  { folder: 'server/gate/entry/', tables: ['entry_grant'] },
  { folder: 'server/gate/network/', tables: ['network_session'] },
  { folder: 'server/gate/once/', tables: ['idempotency'] },
  { folder: 'server/gate/sessions/', tables: ['known_device', 'session', 'session_nonce'] },
  { folder: 'server/gate/throttles/', tables: ['throttle'] },
  {
    folder: 'server/gate/use-cases/acme/',
    tables: ['acme_account', 'acme_authorization', 'acme_order'],
  },
  {
    folder: 'server/gate/use-cases/apps/',
    tables: ['app_invitation', 'app_registration', 'oidc_state'],
  },
  { folder: 'server/gate/use-cases/devices/', tables: ['enrolment_pass'] },
  { folder: 'server/gate/use-cases/people/', tables: ['pending_enrolment'] },
  { folder: 'server/gate/use-cases/sites/', tables: ['site_entry'] },
];

export const LOANS: readonly Loan[] = [
  {
    table: 'subject',
    to: 'server/gate/',
    because: 'Whatever somebody was given is read with how they are now: status, epoch and groups.',
  },
  {
    table: 'policy_set',
    to: 'server/gate/',
    because: 'What was decided stands as long as the newest version is what it was decided by.',
  },
  {
    table: 'proof',
    to: 'server/gate/',
    because: 'What was shown counts as long as it is still held, be it read in one statement more.',
  },
  {
    table: 'resource',
    to: 'server/gate/entry/entry-table.ts',
    because: 'An entry is one read: of who comes, by what, and to where.',
  },
  {
    table: 'ssh_certificate',
    to: 'server/gate/use-cases/ssh/ssh-standing-table.ts',
    because: 'Which certificates fell is told by sessions, of which the authority knows nothing.',
  },
];
