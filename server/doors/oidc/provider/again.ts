/**
 * How a sign-in begins again that was left for longer than we keep it: a laptop slept, and nothing is wrong. What the application asked
 * stays with the browser, in a cookie for the address of that interaction alone, and not with us, where anyone could leave as many
 * as they like. It is worth no more than a link to the same request, and is judged anew as one. What was pushed (RFC 9126) is
 * not for the browser to know, and good once: there the person is led back to the application.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { base64url, fromBase64url, utf8 } from '../../../kernel/bytes.ts';

/** As long as the pages of a sign-in remember where it leads. */
const SECONDS = 12 * 60 * 60;
/** RFC 6265 §6.1: browsers keep 4096 bytes, with name and attributes. */
const LONGEST = 3500;
const INTERACTION = /^\/oidc\/interaction\/([A-Za-z0-9_-]{1,64})$/;

export interface Again {
  /** Has the browser keep what it will need, and forget what was done with. */
  keep(ctx: KoaContextWithOIDC): void;
  read(cookies: string | undefined): Kept | undefined;
  /** The line that has the browser forget it. */
  forget(uid: string): string;
}

export interface Kept {
  readonly app: string;
  /** The request as it was, in the query of an address; undefined where it can't be made again. */
  readonly query: string | undefined;
}

export function createAgain(secure: boolean): Again {
  const name = `${secure ? '__Secure-' : ''}sallyport-oidc-again`;
  const line = (uid: string, value: string, age: number) =>
    `${name}=${value}; Path=/oidc/interaction/${uid}; Max-Age=${age}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const forget = (uid: string) => line(uid, '', 0);

  return {
    forget,

    keep(ctx) {
      const { route, entities } = ctx.oidc;
      if (route === 'resume' && ctx.params?.uid !== undefined) {
        ctx.append('set-cookie', forget(String(ctx.params.uid)));
      }
      if (route !== 'authorization' && route !== 'resume') return;
      const to = URL.parse(ctx.response.get('location'), 'https://here.invalid')?.pathname ?? '';
      const [, uid] = INTERACTION.exec(to) ?? [];
      const { Interaction: asked } = entities;
      if (ctx.status !== 303 || uid === undefined || asked?.uid !== uid) return;
      const whole = new URLSearchParams();
      for (const [word, value] of Object.entries(asked.params)) {
        for (const one of Array.isArray(value) ? value : [value]) {
          if (typeof one === 'string') whole.append(word, one);
        }
      }
      const app = new URLSearchParams({ client_id: String(asked.params.client_id) }).toString();
      const pushed = 'parJti' in asked && asked.parJti !== undefined;
      const value = base64url(utf8(pushed ? app : whole.toString()));
      ctx.append(
        'set-cookie',
        line(uid, value.length > LONGEST ? base64url(utf8(app)) : value, SECONDS),
      );
    },

    read(cookies) {
      const prefix = `${name}=`;
      const found = (cookies ?? '').split(';').map((pair) => pair.trim());
      const mine = found.filter((pair) => pair.startsWith(prefix));
      const bytes = fromBase64url(mine[0]?.slice(prefix.length) ?? '');
      // Two of them, and one was planted.
      if (mine.length !== 1 || bytes === undefined) return undefined;
      const query = new URLSearchParams(new TextDecoder().decode(bytes));
      const app = query.get('client_id');
      if (app === null) return undefined;
      return { app, query: query.has('response_type') ? query.toString() : undefined };
    },
  };
}
