/** Every page of the web door with sample data, so that all can be looked at and measured. */
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { Html } from '../../server/doors/web/html.ts';
import { activityPage } from '../../server/doors/web/pages/activity-page.ts';
import { addPasskeyPage } from '../../server/doors/web/pages/add-passkey-page.ts';
import { addPasswordPage } from '../../server/doors/web/pages/add-password-page.ts';
import { addTotpPage } from '../../server/doors/web/pages/add-totp-page.ts';
import { appErrorPage, appSignOutPage } from '../../server/doors/web/pages/app-pages.ts';
import { consentPage } from '../../server/doors/web/pages/consent-page.ts';
import {
  deviceAskPage,
  deviceConfirmPage,
  deviceDonePage,
} from '../../server/doors/web/pages/device-pages.ts';
import { enrolDonePage } from '../../server/doors/web/pages/enrol-done-page.ts';
import { enrolPage } from '../../server/doors/web/pages/enrol-page.ts';
import { enrolWelcomePage } from '../../server/doors/web/pages/enrol-welcome-page.ts';
import { errorPage } from '../../server/doors/web/pages/error-page.ts';
import { mePage } from '../../server/doors/web/pages/me-page.ts';
import { onwardPage } from '../../server/doors/web/pages/onward-page.ts';
import {
  addProofPage,
  removeProofPage,
  renameProofPage,
} from '../../server/doors/web/pages/proof-pages.ts';
import { provingPage } from '../../server/doors/web/pages/proving-page.ts';
import {
  makeCodesPage,
  recoveryCodesPage,
} from '../../server/doors/web/pages/recovery-codes-page.ts';
import { requestPage } from '../../server/doors/web/pages/request-page.ts';
import { signInPage } from '../../server/doors/web/pages/sign-in-page.ts';
import { signedOutPage } from '../../server/doors/web/pages/signed-out-page.ts';
import { type StepData, stepPage } from '../../server/doors/web/pages/step-page.ts';
import { troubleDonePage, troublePage } from '../../server/doors/web/pages/trouble-page.ts';
import type { View, Visitor } from '../../server/doors/web/view.ts';
import type { SeenRequest } from '../../server/gate/use-cases/apps/app-request-words.ts';
import type { OwnApp } from '../../server/gate/use-cases/apps/app-words.ts';
import type { OwnProof, OwnSession } from '../../server/gate/use-cases/people/portal.ts';
import type { Id, ResourceId } from '../../server/kernel/id.ts';
import type { ProofId } from '../../server/proofs/proof.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const WINDOWS =
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
    id: '0199b6f2-0000-7000-8000-000000000501' as Id<'app-request'>,
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

export function sampleEvents(now: number): RecordedEvent[] {
  let n = 1;
  const event = (
    type: string,
    outcome: RecordedEvent['outcome'],
    ago: number,
    more: Partial<RecordedEvent> = {},
  ): RecordedEvent => ({
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

const requestOptions = {
  challenge: 'c2FtcGxl',
  rpId: 'localhost',
  allowCredentials: [],
  userVerification: 'required',
};
const creationOptions = {
  challenge: 'c2FtcGxl',
  rp: { id: 'localhost', name: 'Sallyport' },
  user: { id: 'bWFyYQ', name: 'mara', displayName: 'Mara Lindqvist' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
};

/** What can be asked for, with the kinds in the order in which they are offered. */
function challenges(...kinds: ProofKind[]) {
  return kinds.map((kind) => ({ kind, data: kind === 'webauthn' ? requestOptions : {} }));
}

export function samplePages(view: View): Readonly<Record<string, Html>> {
  const { now } = view;
  const out = { ...view, visitor: undefined };
  const waiting = { ...view, bound: '0' };
  const step: StepData = {
    path: '/signin/step',
    attempt: { challenges: challenges('password', 'webauthn'), proven: [] },
    chosen: undefined,
    notice: undefined,
    identifier: 'mara.lindqvist@northwind.example',
    confirms: undefined,
  };
  const second = {
    ...step,
    attempt: {
      challenges: challenges('webauthn', 'totp', 'recovery'),
      proven: ['password' as const],
    },
  };
  const add = { path: '/enrol/add/x', back: '/enrol/proofs', wrong: undefined };
  const [proof] = sampleProofs(now);
  if (proof === undefined) throw new Error('no sample proof');
  const retryAt = now + 18_000;
  const error = { request: '0199b6f2-4b1d-7f00-8000-0c2d5e8f9a01', next: '/signin' };
  const state = (held: ProofKind[], enough: boolean, hasRecovery: boolean) => ({
    held,
    enough,
    needsPasskey: false,
    hasRecovery,
  });
  const running = { ...view, visitor: { ...sampleVisitor, roles: ['administrator' as const] } };
  const foreign = { action: '/oidc/device', xsrf: 'c2FtcGxl' };
  return {
    'sign-in': signInPage(out, { notice: undefined, identifier: undefined }),
    'sign-in-wrong': signInPage(out, { notice: { code: 'needs-name' }, identifier: undefined }),
    'sign-in-over': signInPage(out, { notice: { code: 'attempt-over' }, identifier: undefined }),
    'step-password': stepPage(out, step),
    'step-password-wrong': stepPage(out, { ...step, notice: { code: 'wrong', kind: 'password' } }),
    'step-passkey': stepPage(out, second),
    'step-totp': stepPage(out, { ...second, chosen: 'totp' }),
    'step-totp-used': stepPage(out, {
      ...second,
      chosen: 'totp',
      notice: { code: 'used', kind: 'totp', retryAt },
    }),
    'step-passkey-alone': stepPage(out, {
      ...second,
      attempt: { challenges: challenges('webauthn'), proven: ['password' as const] },
    }),
    'step-recovery': stepPage(out, { ...second, chosen: 'recovery' }),
    confirm: stepPage(view, {
      ...second,
      path: '/confirm',
      identifier: undefined,
      confirms: 'removeProof',
    }),
    'enrol-link': enrolWelcomePage(out, { byLink: true, notice: undefined, identifier: undefined }),
    'enrol-typed': enrolWelcomePage(out, {
      byLink: false,
      notice: undefined,
      identifier: undefined,
    }),
    'enrol-typed-wrong': enrolWelcomePage(out, {
      byLink: false,
      notice: { code: 'pass-over' },
      identifier: 'mara',
    }),
    'enrol-link-over': enrolWelcomePage(out, {
      byLink: false,
      notice: { code: 'link-over' },
      identifier: undefined,
    }),
    'enrol-begun': enrolPage(view, { state: state([], false, false), notice: undefined }),
    'enrol-half': enrolPage(view, {
      state: state(['webauthn'], false, false),
      notice: { code: 'proof-added' },
    }),
    'enrol-ready': enrolPage(view, {
      state: state(['webauthn', 'password', 'recovery'], true, true),
      notice: { code: 'codes-kept' },
    }),
    'enrol-needs-passkey': enrolPage(running, {
      state: { ...state(['password', 'totp'], false, false), needsPasskey: true },
      notice: { code: 'proof-added' },
    }),
    'enrol-needs-other': enrolPage(view, {
      state: state(['password', 'totp'], false, false),
      notice: undefined,
    }),
    'enrol-done': enrolDonePage(out, {
      identifier: sampleVisitor.identifier,
      origin: 'https://signin.northwind.example',
    }),
    'enrol-done-unknown': enrolDonePage(out, {
      identifier: undefined,
      origin: 'https://signin.northwind.example',
    }),
    'add-passkey': addPasskeyPage(view, { ...add, options: creationOptions, securityKey: false }),
    'add-password': addPasswordPage(view, { ...add, changes: false }),
    'add-password-wrong': addPasswordPage(view, {
      ...add,
      changes: true,
      wrong: view.texts.enrolmentErrors.breached,
    }),
    'add-totp': addTotpPage(view, { ...add, offer: sampleTotp }),
    'add-totp-wrong': addTotpPage(view, {
      ...add,
      offer: sampleTotp,
      wrong: view.texts.enrolmentErrors.wrong,
    }),
    'make-codes': makeCodesPage(view, {
      path: '/me/proofs/add/recovery',
      back: '/me',
      voids: true,
      wrong: undefined,
    }),
    codes: recoveryCodesPage(view, { path: '/me/codes', codes: sampleCodes, unkept: false }),
    'codes-unkept': recoveryCodesPage(view, {
      path: '/me/codes',
      codes: sampleCodes,
      unkept: true,
    }),
    me: mePage(view, {
      proofs: sampleProofs(now),
      sessions: sampleSessions(now),
      requests: [],
      apps: sampleApps(now),
      activity: sampleEvents(now),
      notice: undefined,
    }),
    'me-administrator': mePage(running, {
      proofs: sampleProofs(now),
      sessions: sampleSessions(now).slice(0, 1),
      requests: [],
      apps: sampleApps(now),
      activity: sampleEvents(now),
      notice: undefined,
    }),
    'me-new': mePage(view, {
      proofs: sampleProofs(now)
        .slice(2, 3)
        .map((each) => ({ ...each, removable: false })),
      sessions: sampleSessions(now).slice(0, 1),
      requests: [],
      apps: [],
      activity: [],
      notice: { code: 'proof-removed' },
    }),
    'me-asked': mePage(view, {
      requests: [sampleRequest(now)],
      proofs: sampleProofs(now),
      sessions: sampleSessions(now),
      apps: sampleApps(now),
      activity: sampleEvents(now),
      notice: undefined,
    }),
    request: requestPage(view, { ...sampleRequest(now), proving: '/signin/enter' }),
    'request-first': requestPage(view, {
      ...sampleRequest(now),
      ...{ numbers: [], proving: '/signin/enter', firstParty: true, message: undefined },
      ...{ place: undefined, may: [], scopes: ['openid'] },
    }),
    'me-empty': mePage(view, {
      proofs: [],
      sessions: sampleSessions(now).slice(0, 1),
      requests: [],
      apps: [],
      activity: [],
      notice: undefined,
    }),
    activity: activityPage(view, {
      events: sampleEvents(now),
      fromStart: false,
      older: sampleEvents(now)[5]?.id,
    }),
    'add-proof': addProofPage(view, { held: ['password'] }),
    rename: renameProofPage(view, { proof, value: proof.name, wrong: undefined }),
    'rename-wrong': renameProofPage(view, { proof, value: '', wrong: view.texts.rename.wrong }),
    remove: removeProofPage(view, { proof, wrong: undefined }),
    trouble: troublePage(view, { event: sampleEvents(now)[3] }),
    'trouble-done': troubleDonePage(view, { sessionsEnded: 2 }),
    proving: provingPage(waiting, { method: 'get', path: '/me' }),
    'proving-too-late': provingPage(view, { method: 'get', path: '/me' }),
    'signed-out': signedOutPage(out),
    // It would go on by itself.
    onward: new Html(
      onwardPage(out, { to: '/oidc/interaction/V1StGXR8_Z5jdHi6B-myT' }).text.replace(
        /<meta http-equiv="refresh"[^>]*>/,
        '',
      ),
    ),
    consent: consentPage(out, {
      app: 'Ledger Sync',
      host: 'ledger.example.com',
      person: sampleVisitor.displayName,
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      may: [{ api: 'invoices', says: ['See your invoices.', 'Send invoices in your name.'] }],
      action: '/oidc/interaction/V1StGXR8_Z5jdHi6B-myT',
    }),
    'device-ask': deviceAskPage(out, { ...foreign, problem: undefined }),
    'device-ask-wrong': deviceAskPage(out, { ...foreign, problem: 'wrong' }),
    'device-confirm': deviceConfirmPage(out, {
      ...foreign,
      code: 'BCDF-GHJK',
      app: 'Northwind TV',
      address: '203.0.113.80',
      userAgent: WINDOWS,
    }),
    'device-done': deviceDonePage(out, { app: 'Northwind TV' }),
    'app-sign-out': appSignOutPage(out, { ...foreign, app: 'Northwind Wiki' }),
    'app-error': appErrorPage(out, {
      error: 'invalid_redirect_uri',
      detail: 'redirect_uri did not match any of the client’s registered redirect_uris',
      request: error.request,
    }),
    'app-over': appErrorPage(out, {
      error: 'invalid_request',
      detail: undefined,
      request: error.request,
    }),
    'error-404': errorPage(out, { ...error, name: 'not-found' }),
    'error-400': errorPage(out, { ...error, name: 'bad-request' }),
    'error-request': errorPage(out, { ...error, name: 'request-over' }),
    'error-403': errorPage(out, { ...error, name: 'forbidden' }),
    'error-cookies': errorPage(out, { ...error, name: 'no-cookies' }),
    'error-429': errorPage(out, { ...error, name: 'throttled', retryInMs: 40_000 }),
    'error-503': errorPage(out, { ...error, name: 'busy', retryInMs: 1000 }),
    'error-500': errorPage(out, { ...error, name: 'fault' }),
    'not-permitted': errorPage(out, { ...error, name: 'not-permitted' }),
  };
}
