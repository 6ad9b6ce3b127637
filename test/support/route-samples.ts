/**
 * What each route takes, done rightly: the forms of the web door by path, the bodies of the API by operation. Tests that send
 * something wrong to every route begin with these, and fail for a route that has no sample yet.
 */
import type { OperationName } from '@sallyport/contract/api/operations.ts';
import type { Route } from './served-house.ts';

export const NOBODY = '01900000-0000-7000-8000-000000000001';

export const formSamples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/signin': { identifier: 'ada' },
  '/signin/passkey': { credential: '{"id":"AAAA"}', tab: '' },
  '/signin/leave': {},
  '/signin/step': { kind: 'password', password: 'correct horse battery staple' },
  '/confirm': { kind: 'totp', code: '000000' },
  '/confirm/leave': {},
  '/enrol': { identifier: 'ada', pass: 'AAAA-BBBB-CCCC-DDDD' },
  '/enrol/begin': {},
  '/enrol/finish': {},
  '/enrol/add/:kind': { code: '000000' },
  '/enrol/codes': { kept: 'yes' },
  '/enrol/codes/file': {},
  '/me/proofs/:id/rename': { name: 'Another name' },
  '/me/proofs/:id/remove': {},
  '/me/proofs/add/:kind': { code: '000000' },
  '/me/codes': { kept: 'yes' },
  '/me/codes/file': {},
  '/me/sessions/:id/end': {},
  '/me/sessions/end-others': {},
  '/me/apps/:id/revoke': {},
  '/me/logins/:id': { number: '42' },
  '/me/logins/:id/disown': {},
  '/me/requests/:id': { number: '42' },
  '/me/requests/:id/disown': {},
  '/me/trouble': {},
  '/signout': {},
};

/** Routes of the web door that take JSON, from our own browser code. */
export const callSamples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/signin/passkey/begin': {},
  '/session/nonce': {},
  '/session/key': { nonce: 'AAAA.1.AAAA', signature: 'AAAA' },
};

const SSH_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE2Q//sU4KBI7lIKKUKcD8yiQC/v86TB2gWjEvAdyo+4';

const policies = { 'people.cedar': 'permit (principal, action, resource);' };

/** What operations ask for in their addresses, where they can't do without. */
export const querySamples: Readonly<
  Partial<Record<OperationName, Readonly<Record<string, string>>>>
> = {
  nameInRecord: { ids: NOBODY },
};

export const bodySamples: Readonly<
  Partial<Record<OperationName, Readonly<Record<string, unknown>>>>
> = {
  beginAttempt: {
    to: 'signIn',
    identifier: 'ada',
    proof: { kind: 'password', data: { password: 'not the password' } },
  },
  offerProof: {
    attempt: `spa_${'A'.repeat(65)}`,
    proof: { kind: 'totp', data: { code: '000000' } },
  },
  renameMyProof: { name: 'Another name' },
  beginMyEnrolment: { kind: 'totp' },
  finishMyEnrolment: { data: { code: '000000' } },
  reportTrouble: {},
  addPerson: { identifier: 'newcomer', displayName: 'Newcomer' },
  changePerson: { displayName: 'Another name' },
  issuePass: {},
  assignCompanyToken: { account: 'ada' },
  addCard: { certificate: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n' },
  addProcess: { name: 'collector', owner: NOBODY, purpose: 'Collects readings' },
  changeProcess: { purpose: 'Collects readings' },
  addProcessProof: { kind: 'secret' },
  rotateProcessProof: {},
  addWorkload: { process: 'collector', selectors: ['uid:1003'] },
  addDevice: { name: 'hall-switch', kind: 'switch', owner: NOBODY },
  importDevices: { csv: 'name,kind,owner\nhall-switch,switch,ada\n' },
  changeDevice: { purpose: 'Stands in the hall' },
  addDeviceProof: { kind: 'radius' },
  issueDevicePass: { uses: 1 },
  askTpm: { pass: 'x', endorsement: ['AAAA'], attestationKey: 'AAAA' },
  bindTpm: {
    pass: 'x',
    endorsement: ['AAAA'],
    attestationKey: 'AAAA',
    secret: 'AAAA',
    until: '2026-11-21T12:00:00.000Z',
  },
  reportPosture: { report: '{}', signature: 'AAAA', key: 'AAAA' },
  addResource: {
    kind: 'api',
    name: 'readings',
    detail: { audience: 'https://readings.example', scopes: [{ name: 'read', says: 'Read.' }] },
  },
  changeResource: { groups: ['plant'] },
  checkPolicies: { files: policies },
  activatePolicies: { files: policies },
  simulatePolicies: { person: NOBODY, action: 'signIn' },
  inviteApps: { owner: NOBODY },
  logInBySsh: { host: 'web1', publicKey: SSH_KEY },
  revokeSshKey: { publicKey: SSH_KEY },
  issueSshHostCertificate: { device: 'web1', publicKey: SSH_KEY },
  rotateSshKeys: { kind: 'user' },
  issueCertificate: {
    request: '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n',
    profile: 'server',
    subject: { kind: 'server', id: 'web.example.com' },
  },
  renewCertificate: { request: null },
  revokeCertificate: { reason: 'superseded' },
  revokeAuthority: { reason: 'ca-compromise' },
  trustAuthority: {
    name: 'Corp CA',
    for: ['device'],
    certificates: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
  },
  importRevocationList: { list: '-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n' },
  issueToken: { owner: NOBODY, scope: ['person.read'] },
};

/** The route with ids in it: of something, or of nothing at all. */
export function placeOf({ path }: Pick<Route, 'path'>, id = NOBODY): string {
  return path
    .replace(':kind', 'totp')
    .replace(':file', 'sallyport.css')
    .replace(':pass', `${NOBODY}.AAAA-BBBB-CCCC-DDDD`)
    .replace(':id', id)
    .replace(':proof', NOBODY)
    .replace(':serial', '4711')
    .replace(':name', 'Corp');
}
