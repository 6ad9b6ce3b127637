/**
 * A door as somebody uses it who comes to it: a few words, in the door’s own protocol underneath. To add a door to the matrix:
 * its way in a file beside this one, and a line in WAYS (matrix.test.ts).
 */
import type { ServedHouse } from '../support/served-house.ts';

/** What a door answered, in words that all doors share. */
export interface Told {
  readonly decision:
    | 'challenged'
    | 'granted'
    | 'wrong'
    | 'used'
    | 'throttled'
    | 'not-asked'
    | 'over'
    | 'not-permitted'
    | 'no-session'
    | 'failed'
    | 'done';
  /** When challenged, and when wrong and the attempt is still open: what may be offered next. */
  readonly asks?: readonly string[];
  /** Seconds, when throttled. */
  readonly wait?: number;
}

export type Kind = 'password' | 'totp' | 'recovery' | 'pass';

/** One visitor of one door, with whatever it keeps between two requests: cookies, or tokens. */
export interface Visitor {
  begin(identifier: string): Promise<Told>;
  /** One proof, typed. */
  offer(kind: Kind, typed: string): Promise<Told>;
  /** Whether the session is good for looking at one’s own things. */
  look(): Promise<Told>;
  /** Wants to remove a proof, which asks for a fresh one. */
  wantToRemove(proof: string): Promise<Told>;
  remove(proof: string): Promise<Told>;
  signOut(): Promise<Told>;
  comeWithPass(identifier: string, code: string): Promise<Told>;
  /** Sets up a proof: `answer` makes of the offer (a key as `otpauth:` text, where there is one) what is typed. */
  setUp(
    kind: 'password' | 'totp' | 'recovery',
    answer: (uri: string) => string,
  ): Promise<Told & { readonly codes?: readonly string[] }>;
  finish(): Promise<Told>;
  /** The session’s secret, as another visitor would have to know it. */
  session(): string;
  /** Comes with a session from elsewhere. */
  use(session: string): void;
}

export type Way = (served: ServedHouse) => Visitor;
