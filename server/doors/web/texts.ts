/**
 * Every text that the web door shows, in one catalogue. To translate: write another object of the type `Texts`; the compiler
 * says what is missing. Functions stand where a number or a name changes the sentence, because languages bend differently.
 */
import { activityTexts } from './texts-activity.ts';
import { appTexts } from './texts-apps.ts';
import { enrolmentTexts } from './texts-enrolment.ts';
import { logInTexts } from './texts-log-ins.ts';
import { portalTexts } from './texts-portal.ts';
import { requestTexts } from './texts-requests.ts';
import { signInTexts } from './texts-sign-in.ts';

export const english = {
  language: 'en',
  product: 'Sallyport',
  ...signInTexts,
  ...enrolmentTexts,
  ...portalTexts,
  ...activityTexts,
  ...appTexts,
  ...requestTexts,
  ...logInTexts,

  states: { granted: 'Granted', challenged: 'Challenged', refused: 'Refused', unknown: 'Unknown' },

  kinds: {
    password: 'Password',
    totp: 'Authenticator app',
    webauthn: 'Passkey or security key',
    card: 'Smart card',
    upstream: 'Company token',
    recovery: 'Recovery codes',
    pass: 'Temporary pass',
  },

  time: {
    now: 'just now',
    never: 'never used',
    minutes: (n: number) => (n === 1 ? 'a minute ago' : `${n} minutes ago`),
    hours: (n: number) => (n === 1 ? 'an hour ago' : `${n} hours ago`),
    days: (n: number) => (n === 1 ? 'yesterday' : `${n} days ago`),
    inSeconds: (n: number) => (n === 1 ? 'a second' : `${n} seconds`),
    inMinutes: (n: number) => (n === 1 ? 'a minute' : `${n} minutes`),
    inHours: (n: number) => (n === 1 ? 'an hour' : `${n} hours`),
  },

  places: {
    'this-computer': 'this computer',
    'private-network': 'your private network',
    'unknown-place': 'unknown place',
  },

  device: {
    unknownBrowser: 'unknown browser',
    unknownDevice: 'unknown device',
    on: (browser: string, system: string) => `${browser} on ${system}`,
  },

  form: {
    errorTitle: (title: string) => `Error: ${title}`,
    showPassword: 'Show',
    hidePassword: 'Hide',
    copy: 'Copy',
    copied: 'Copied',
    back: 'Back',
    cancel: 'Cancel',
  },

  /** In place of asking an administrator, for those who are one. */
  administrators: {
    'not-permitted': (name: string) =>
      `The rules do not permit it with the proofs that you have. You administer here: \`./sallyport policy simulate --person ${name}\`, with an action and a resource, says on the server what is missing, and \`./sallyport pass issue ${name}\` makes a link to set up another proof.`,
    closed: (name: string) =>
      `The rules do not open it to you, whatever proof you show. You administer here: \`./sallyport policy simulate --person ${name}\`, with an action and a resource, says on the server which rules these are, and \`./sallyport person change ${name}\` puts you into a group.`,
  },

  errors: {
    'bad-request': {
      title: 'That request could not be read',
      text: 'Something in it was missing, doubled or not as expected, so nothing was done.',
      next: 'Start again',
    },
    forbidden: {
      title: 'This page is out of date',
      text: 'It was open for long, or you signed in or out in another window meanwhile. Nothing was changed.',
      next: 'Open it again',
    },
    'no-cookies': {
      title: 'Your browser did not keep our cookie',
      text: 'Signing in needs one cookie, which ends with your visit. Allow cookies for this site, then try again.',
      next: 'Try again',
    },
    circle: {
      title: 'This went round in a circle',
      text: 'Your browser shows some of our pages another cookie than the rest, so that each sent you on to the next. Delete the cookies of this site, then sign in again.',
      next: 'Sign in again',
    },
    misdirected: {
      title: 'This came under another name',
      text: 'Open the address that you were given for signing in. If this is that address, tell whoever runs it: the proxy in front has to pass on the host that people type (listen.origin).',
      next: 'Try again',
    },
    'not-found': {
      title: 'There is no such page',
      text: 'The address may be mistyped, or what it showed is gone.',
      next: 'Go to your account',
    },
    'request-over': {
      title: 'This request is over',
      text: 'It was answered, or its time has passed, or it was never yours. If you still want to come in, begin again where you were.',
      next: 'Go to your account',
    },
    'not-permitted': {
      title: 'This is not open to you',
      text: 'The rules of your organisation do not permit it with the proofs that you have. Your administrator can tell you what is missing.',
      next: 'Go to your account',
    },
    'too-weak': {
      title: 'This wants a stronger proof',
      text: 'It asks for more than any proof that you have can show. A passkey or a security key may do: you can add one to your account, and come back.',
      next: 'Go to your account',
    },
    closed: {
      title: 'This is not open to you',
      text: 'The rules of your organisation do not open it to you, whatever proof you show. If you need it, ask your administrator.',
      next: 'Go to your account',
    },
    throttled: {
      title: 'Too many tries',
      text: 'This was tried too often within a short time, and has to wait for a moment. It is not counted against you.',
      next: 'Try again',
    },
    busy: {
      title: 'Too much at once',
      text: 'Many people are signing in at this moment. Nothing was counted against you.',
      next: 'Try again',
    },
    fault: {
      title: 'Something failed on our side',
      text: 'Nothing was changed. Try again in a moment; if it keeps failing, tell your administrator the number below.',
      next: 'Try again',
    },
    backTo: (app: string) => `Back to ${app}`,
    waitFor: (span: string) => `You can try again in ${span}.`,
    request: 'Request',
  },
};

export type Texts = typeof english;
