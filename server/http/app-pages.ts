/** The pages that a person sees on the way into an application. The door of OpenID Connect asks for them, and the web door draws them. */
import type { Headers } from './security-headers.ts';

export interface ConsentData {
  readonly app: string;
  /**
   * Those of the organisation ask where they want to. Of its programs, our command line among them, any program on the person's computer can
   * say that it is one.
   */
  readonly asker: 'own' | 'others' | 'program' | 'command line';
  /** Where answers go: what a person can hold against what they expect. */
  readonly host: string;
  readonly person: string;
  /** What it would be told of the person, as scopes of OpenID Connect. */
  readonly scopes: readonly string[];
  /** What it could do elsewhere, in each API's own words. */
  readonly may: readonly { readonly api: string; readonly says: readonly string[] }[];
  readonly action: string;
  readonly csrf: string;
}

export interface DeviceAskData {
  readonly action: string;
  readonly xsrf: string;
  readonly problem: 'wrong' | 'interrupted' | undefined;
}

export interface DeviceConfirmData {
  readonly action: string;
  readonly xsrf: string;
  readonly code: string;
  readonly app: string;
  /** Where the code was asked for, and with what: not where it is typed. */
  readonly address: string;
  readonly userAgent: string;
}

export interface SignOutData {
  readonly app: string | undefined;
  readonly action: string;
  readonly xsrf: string;
}

export interface ErrorData {
  readonly error: string;
  /** For those who set the application up; made of our own words alone. */
  readonly detail: string | undefined;
  readonly request: string;
}

/** A sign-in that can't be gone on with, though nothing is wrong. */
export interface OverData {
  /** What people call the application, and where it is; undefined where nobody knows which it was. */
  readonly app: { readonly title: string; readonly home: string | undefined } | undefined;
}

export interface AppPages {
  readonly headers: Headers;
  consent(data: ConsentData): string;
  /** Goes on by itself: a form may lead to no other site. */
  onward(to: string): string;
  deviceAsk(data: DeviceAskData): string;
  deviceConfirm(data: DeviceConfirmData): string;
  deviceDone(data: { readonly app: string }): string;
  signOut(data: SignOutData): string;
  signedOut(): string;
  over(data: OverData): string;
  error(data: ErrorData): string;
}
