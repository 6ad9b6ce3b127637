/** Every page of the web door with sample data, so that all can be looked at and measured. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { Html } from '../../server/doors/web/html.ts';
import { activityPage } from '../../server/doors/web/pages/activity-page.ts';
import { addCardPage } from '../../server/doors/web/pages/add-card-page.ts';
import { addPasskeyPage } from '../../server/doors/web/pages/add-passkey-page.ts';
import { addPasswordPage } from '../../server/doors/web/pages/add-password-page.ts';
import { addTotpPage } from '../../server/doors/web/pages/add-totp-page.ts';
import { addUpstreamPage } from '../../server/doors/web/pages/add-upstream-page.ts';
import {
  appErrorPage,
  appOverPage,
  appSignOutPage,
} from '../../server/doors/web/pages/app-pages.ts';
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
import { logInPage, refusedLogInPage } from '../../server/doors/web/pages/log-in-page.ts';
import { mePage } from '../../server/doors/web/pages/me-page.ts';
import { besideFormPage, onwardPage } from '../../server/doors/web/pages/onward-page.ts';
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
import type { View } from '../../server/doors/web/view.ts';
import {
  creationOptions,
  requestOptions,
  sampleApps,
  sampleCodes,
  sampleEvents,
  sampleLogIn,
  sampleProofs,
  sampleRequest,
  sampleSessions,
  sampleTotp,
  sampleVisitor,
  WINDOWS,
} from './web-sample-data.ts';

/** As long as a name may be, with nothing in it at which a line could end. */
const UNBROKEN = 'W'.repeat(64);
const CARDS = 'https://signin.northwind.example:8443';

function challenges(...kinds: ProofKind[]) {
  return kinds.map((kind) => ({ kind, data: kind === 'webauthn' ? requestOptions : {} }));
}

export function samplePages(view: View): Readonly<Record<string, Html>> {
  const { now } = view;
  const out = { ...view, visitor: undefined };
  const waiting = { ...view, bound: '0' };
  const carded = { ...out, cards: CARDS };
  const tab = 'c2VhbGVk'.repeat(30);
  const step: StepData = {
    path: '/signin/step',
    tab,
    attempt: { challenges: challenges('password', 'webauthn'), proven: [] },
    chosen: undefined,
    notice: undefined,
    identifier: 'mara.lindqvist@northwind.example',
    confirms: undefined,
  };
  const byCard = {
    ...step,
    attempt: { challenges: challenges('card', 'webauthn'), proven: [] },
    chosen: 'card' as const,
    identifier: undefined,
  };
  const second = {
    ...step,
    attempt: {
      challenges: challenges('webauthn', 'totp', 'recovery'),
      proven: ['password' as const],
    },
  };
  const add = { path: '/enrol/add/x', back: '/enrol/proofs', wrong: undefined, tab };
  const begun = { notice: undefined, identifier: undefined, tab };
  const [proof] = sampleProofs(now);
  if (proof === undefined) throw new Error('no sample proof');
  const retryAt = now + 18_000;
  const error = { request: '0199b6f2-4b1d-7f00-8000-0c2d5e8f9a01', next: '/signin' };
  const state = (held: ProofKind[], enough: boolean, hasRecovery: boolean) => ({
    held,
    enough,
    needsPasskey: false,
    codesStandIn: true,
    hasRecovery,
  });
  const running = { ...view, visitor: { ...sampleVisitor, roles: ['administrator' as const] } };
  const foreign = { action: '/oidc/device', xsrf: 'c2FtcGxl' };
  return {
    'sign-in': signInPage(out, begun),
    'sign-in-toward': signInPage(out, {
      ...begun,
      toward: 'Northwind Wiki',
    }),
    'sign-in-long': signInPage(out, { ...begun, toward: UNBROKEN }),
    'sign-in-card': signInPage(carded, begun),
    'step-card': stepPage(carded, { ...byCard, notice: undefined }),
    'step-card-wrong': stepPage(carded, {
      ...byCard,
      notice: { code: 'card', kind: 'card', error: 'revoked' },
    }),
    'step-upstream': stepPage(out, {
      ...second,
      attempt: { ...second.attempt, challenges: challenges('upstream', 'recovery') },
      chosen: 'upstream',
      notice: undefined,
    }),
    'sign-in-wrong': signInPage(out, { ...begun, notice: { code: 'needs-name' } }),
    'sign-in-over': signInPage(out, { ...begun, notice: { code: 'attempt-over' } }),
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
    'enrol-back': enrolPage(view, {
      state: state(['password', 'totp', 'recovery'], true, true),
      notice: undefined,
    }),
    'enrol-ready': enrolPage(view, {
      state: state(['webauthn', 'password', 'recovery'], true, true),
      notice: { code: 'codes-kept' },
    }),
    'enrol-needs-passkey': enrolPage(running, {
      state: {
        ...state(['password', 'totp'], false, false),
        needsPasskey: true,
        codesStandIn: false,
      },
      notice: { code: 'proof-added' },
    }),
    'enrol-needs-other': enrolPage(view, {
      state: state(['password', 'totp'], false, false),
      notice: undefined,
    }),
    'enrol-needs-codes': enrolPage(running, {
      state: { ...state(['webauthn', 'password'], true, false), codesStandIn: false },
      notice: { code: 'proof-added' },
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
    'add-card': addCardPage({ ...view, cards: CARDS }, { ...add, offer: {}, to: 'me' }),
    'add-card-wrong': addCardPage(
      { ...view, cards: CARDS },
      { ...add, offer: {}, to: 'me', wrong: view.texts.notices.card.none },
    ),
    'add-upstream': addUpstreamPage(view, add),
    'add-upstream-wrong': addUpstreamPage(view, {
      ...add,
      wrong: view.texts.enrolmentErrors.wrongUpstream,
    }),
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
      ...add,
      voids: true,
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
      logIns: [],
      apps: sampleApps(now),
      activity: sampleEvents(now),
      notice: undefined,
    }),
    'me-administrator': mePage(running, {
      proofs: sampleProofs(now),
      sessions: sampleSessions(now).slice(0, 1),
      requests: [],
      logIns: [],
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
      logIns: [],
      apps: [],
      activity: [],
      notice: { code: 'proof-removed' },
    }),
    'me-asked': mePage(view, {
      requests: [sampleRequest(now)],
      logIns: [sampleLogIn(now)],
      proofs: sampleProofs(now),
      sessions: sampleSessions(now),
      apps: sampleApps(now),
      activity: sampleEvents(now),
      notice: undefined,
    }),
    'me-long': mePage(view, {
      requests: [{ ...sampleRequest(now), title: UNBROKEN }],
      logIns: [{ ...sampleLogIn(now), client: UNBROKEN }],
      proofs: sampleProofs(now).map((each) => ({ ...each, name: UNBROKEN })),
      sessions: sampleSessions(now),
      apps: sampleApps(now).map((each) => ({ ...each, title: UNBROKEN, may: [UNBROKEN] })),
      activity: [],
      notice: undefined,
    }),
    'log-in': logInPage(view, { ...sampleLogIn(now), proving: '/signin/enter' }),
    'log-in-first': logInPage(view, {
      ...sampleLogIn(now),
      ...{ ready: false, proving: '/signin/enter' },
    }),
    'log-in-numberless': logInPage(view, {
      ...sampleLogIn(now),
      ...{ numbered: false, station: undefined, proving: '/signin/enter' },
    }),
    'log-in-refused': refusedLogInPage(view),
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
      logIns: [],
      apps: [],
      activity: [],
      notice: undefined,
    }),
    activity: activityPage(view, {
      events: sampleEvents(now),
      fromStart: false,
      older: sampleEvents(now)[5]?.id,
    }),
    'activity-empty': activityPage(view, { events: [], fromStart: true, older: undefined }),
    'activity-older': activityPage(view, { events: [], fromStart: false, older: undefined }),
    'add-proof': addProofPage(view, { held: ['password'] }),
    'add-proof-all': addProofPage(
      { ...view, cards: CARDS, upstream: true },
      { held: ['password'] },
    ),
    rename: renameProofPage(view, { proof, value: proof.name, wrong: undefined }),
    'rename-wrong': renameProofPage(view, { proof, value: '', wrong: view.texts.rename.wrong }),
    remove: removeProofPage(view, { proof, wrong: undefined }),
    trouble: troublePage(view, { event: sampleEvents(now)[3] }),
    'trouble-done': troubleDonePage(view, { sessionsEnded: 2 }),
    proving: provingPage(waiting, { method: 'get', path: '/me' }),
    'proving-too-late': provingPage(view, { method: 'get', path: '/me' }),
    'signed-out': signedOutPage(out),
    // It would go on by itself.
    'beside-form': besideFormPage(out),
    onward: new Html(
      onwardPage(out, { to: '/oidc/interaction/V1StGXR8_Z5jdHi6B-myT' }).text.replace(
        /<meta http-equiv="refresh"[^>]*>/,
        '',
      ),
    ),
    'consent-command-line': consentPage(out, {
      app: 'Sallyport command line',
      asker: 'command line',
      host: '127.0.0.1:49152',
      person: sampleVisitor.displayName,
      scopes: ['openid'],
      may: [{ api: 'Sallyport itself', says: ['Do here all that you may do'] }],
      action: '/oidc/interaction/V1StGXR8_Z5jdHi6B-myT',
    }),
    'consent-program': consentPage(out, {
      app: 'Ledger for the desk',
      asker: 'program',
      host: '127.0.0.1:49152',
      person: sampleVisitor.displayName,
      scopes: ['openid', 'offline_access'],
      may: [],
      action: '/oidc/interaction/V1StGXR8_Z5jdHi6B-myT',
    }),
    'consent-own': consentPage(out, {
      app: 'Northwind Wiki',
      asker: 'own',
      host: 'wiki.example.com',
      person: sampleVisitor.displayName,
      scopes: ['openid', 'profile'],
      may: [],
      action: '/oidc/interaction/V1StGXR8_Z5jdHi6B-myT',
    }),
    consent: consentPage(out, {
      app: 'Ledger Sync',
      asker: 'others',
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
    'app-left': appOverPage(out, {
      app: { title: 'Northwind Wiki', home: 'https://wiki.northwind.example/' },
    }),
    'app-left-unknown': appOverPage(out, { app: undefined }),
    'error-404': errorPage(out, { ...error, name: 'not-found' }),
    'error-400': errorPage(out, { ...error, name: 'bad-request' }),
    'error-request': errorPage(out, { ...error, name: 'request-over' }),
    'error-403': errorPage(out, { ...error, name: 'forbidden' }),
    'error-cookies': errorPage(out, { ...error, name: 'no-cookies' }),
    'error-circle': errorPage(out, { ...error, name: 'circle' }),
    'error-421': errorPage(out, { ...error, name: 'misdirected' }),
    'error-429': errorPage(out, { ...error, name: 'throttled', retryInMs: 40_000 }),
    'error-503': errorPage(out, { ...error, name: 'busy', retryInMs: 1000 }),
    'error-500': errorPage(out, { ...error, name: 'fault' }),
    'not-permitted': errorPage(out, { ...error, name: 'not-permitted' }),
    'too-weak': errorPage(out, {
      ...error,
      name: 'too-weak',
      onward: { app: 'Ledger Sync', to: '/oidc/interaction/x/done?as-is' },
    }),
    closed: errorPage(out, { ...error, name: 'closed' }),
  };
}
