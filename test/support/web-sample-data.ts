/** People, proofs, sessions and events as they may be: what sample pages show. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Visitor } from '../../server/doors/web/view.ts';
import type { SeenRequest } from '../../server/gate/use-cases/apps/app-request-words.ts';
import type { OwnApp } from '../../server/gate/use-cases/apps/app-words.ts';
import type { AskedLogIn } from '../../server/gate/use-cases/network/own-log-ins.ts';
import type { OwnEvent } from '../../server/gate/use-cases/people/activity.ts';
import type { OwnProof, OwnSession } from '../../server/gate/use-cases/people/portal.ts';
import type { Id, ResourceId } from '../../server/kernel/id.ts';
import type { ProofId } from '../../server/proofs/proof.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

export const sampleVisitor: Visitor = {
  displayName: 'Mara Lindqvist',
  identifier: 'mara.lindqvist@northwind.example',
  roles: [],
};

export function sampleProofs(now: number): OwnProof[] {
  const proof = (n: number, kind: ProofKind, name: string, made: number, used: number | null) => ({
    id: `0199b6f2-0000-7000-8000-00000000010${n}` as ProofId,
    kind,
    name,
    createdAt: now - made,
    lastUsedAt: used === null ? null : now - used,
    detail: '{}',
    removable: true,
  });
  return [
    proof(1, 'webauthn', 'Work laptop', 40 * DAY, 4 * MINUTE),
    proof(2, 'webauthn', 'Blue security key, in the drawer at home', 40 * DAY, null),
    proof(3, 'password', 'Password', 3 * DAY, 2 * HOUR),
    proof(4, 'totp', 'Authenticator app', 12 * DAY, 26 * HOUR),
    { ...proof(5, 'recovery', 'Recovery codes', 40 * DAY, 9 * DAY), codesLeft: 2 },
    {
      ...proof(6, 'webauthn', 'Tablet in the workshop', 90 * DAY, 41 * DAY),
      otherHost: 'login.northwind-old.example',
    },
  ];
}

export function sampleSessions(now: number): OwnSession[] {
  const session = (n: number, began: number, seen: number, address: string, userAgent: string) => ({
    id: `0199b6f2-0000-7000-8000-00000000020${n}` as Id<'session'>,
    current: n === 1,
    kind: 'full',
    door: 'web',
    createdAt: now - began,
    seenAt: now - seen,
    expiresAt: now + HOUR,
    binding: n === 3 ? ('unbound' as const) : ('bound' as const),
    about: { address, userAgent },
  });
  return [
    session(1, 4 * MINUTE, 0, '192.168.7.20', WINDOWS),
    session(2, 5 * HOUR, 50 * MINUTE, '203.0.113.80', PHONE),
    session(3, 2 * DAY, 7 * HOUR, '10.4.4.2', FIREFOX),
  ];
}

export function sampleApps(now: number): OwnApp[] {
  const app = (n: number, title: string, used: number, offline: boolean, may: string[]) => ({
    id: `0199b6f2-0000-7000-8000-00000000040${n}` as ResourceId,
    title,
    since: now - 12 * DAY,
    lastUsedAt: now - used,
    offline,
    may,
  });
  return [
    app(1, 'Northwind Wiki', 3 * MINUTE, false, []),
    app(2, 'Ledger Sync', 5 * HOUR, true, ['See your invoices.', 'Send invoices in your name.']),
  ];
}

export function sampleRequest(now: number): SeenRequest {
  return {
    id: '0199b6f2-0000-7000-8000-000000000501' as Id<'approval'>,
    app: '0199b6f2-0000-7000-8000-000000000402' as ResourceId,
    title: 'Ledger Sync',
    firstParty: false,
    createdAt: now - 40_000,
    expiresAt: now + 4 * MINUTE,
    scopes: ['openid', 'profile', 'offline_access'],
    may: [{ api: 'invoices', says: ['Send invoices in your name.'] }],
    apis: [],
    message: 'Invoice 4711, 1,200 €, counter 3',
    address: '203.0.113.80',
    place: '192.168.7.20',
    demand: { since: now - 40_000 },
    numbers: [42, 17, 88],
  };
}

export function sampleLogIn(now: number): AskedLogIn {
  return {
    id: '0199b6f2-0000-7000-8000-000000000601' as Id<'approval'>,
    client: 'vpn-berlin',
    service: 'vpn',
    createdAt: now - 20_000,
    expiresAt: now + 2 * MINUTE - 20_000,
    address: '203.0.113.80',
    station: '02-00-5E-10-00-01',
    numbered: true,
    ready: true,
    demand: { since: now - 20_000, acr: ['phr'] },
  };
}

export function sampleEvents(now: number): OwnEvent[] {
  let n = 1;
  const event = (
    type: string,
    outcome: OwnEvent['outcome'],
    ago: number,
    more: Partial<OwnEvent> = {},
  ): OwnEvent => ({
    id: `0199b6f2-0000-7000-8000-00000000030${n++}`,
    at: now - ago,
    type,
    version: 1,
    outcome,
    subject: 'mara',
    data: {},
    personal: { address: '192.168.7.20', userAgent: WINDOWS },
    ...more,
  });
  return [
    event('entry.granted', 'granted', 3 * MINUTE, { named: 'Northwind Wiki' }),
    event('signin.granted', 'granted', 4 * MINUTE),
    event('proof.refused', 'refused', 5 * MINUTE, { reason: 'used', data: { kind: 'totp' } }),
    event('proof.verified', 'challenged', 6 * MINUTE, { data: { kind: 'password' } }),
    event('signin.granted', 'granted', 5 * HOUR, {
      personal: { address: '203.0.113.80', userAgent: PHONE },
    }),
    event('access.refused', 'refused', 2 * DAY, {
      actor: 'mara',
      reason: 'no-rung',
      data: { action: 'enrolProof' },
    }),
    event('access.refused', 'challenged', 2 * DAY, {
      actor: 'mara',
      reason: 'stale',
      data: { action: 'removeProof' },
    }),
    event('password.changed', 'done', 3 * DAY, { actor: 'mara' }),
    event('pass.issued', 'done', 40 * DAY, { actor: 'admin', personal: {} }),
  ];
}

export const sampleCodes = [
  '7KQ2-M9XD',
  'B4RT-01WZ',
  'H8NC-VJ6P',
  '2GYE-5SKA',
  'QX93-TD7M',
  'ZW1B-8FHR',
  '6PVN-KC40',
  'JE5G-Y2QX',
  'D7MA-93TS',
  'R0HK-WZ8B',
];

export const sampleTotp = {
  uri: 'otpauth://totp/Sallyport:mara.lindqvist%40northwind.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Sallyport',
  key: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
};

export const requestOptions = {
  challenge: 'c2FtcGxl',
  rpId: 'localhost',
  allowCredentials: [],
  userVerification: 'required',
};
export const creationOptions = {
  challenge: 'c2FtcGxl',
  rp: { id: 'localhost', name: 'Sallyport' },
  user: { id: 'bWFyYQ', name: 'mara', displayName: 'Mara Lindqvist' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
};

/** What can be asked for, with the kinds in the order in which they are offered. */
