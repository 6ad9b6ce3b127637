import { english } from '../../server/doors/web/texts.ts';
import { complaint, type WebAnswer } from '../support/web-client.ts';
import type { Told, Way } from './way.ts';

const { notices } = english;

/** What the page says went wrong, as the gate’s word for it. */
function decisionOf(said: string): Told['decision'] {
  if (said === notices['attempt-over']) return 'over';
  if (said === notices['not-permitted']) return 'not-permitted';
  if (said === notices['no-session']) return 'no-session';
  if (said === notices['not-asked']) return 'not-asked';
  if (/^That (?:code )?was used already/.test(said)) return 'used';
  return 'wrong';
}

/** The pages, as a browser without JavaScript shows them and sends their forms. */
export const webWay: Way = (served) => {
  const browser = served.browser();
  let confirming = false;

  function asked({ text }: WebAnswer): string[] {
    const kinds = [...text.matchAll(/\?with=(\w+)&amp;tab=|name="kind" value="(\w+)"/g)];
    return [...new Set(kinds.map(([, other, shown]) => other ?? shown ?? ''))].sort();
  }

  /** Where the answer leads, and what stands there. */
  async function told(answer: WebAnswer): Promise<Told> {
    if (answer.status === 429) {
      return { decision: 'throttled', wait: Number(answer.headers.get('retry-after')) };
    }
    if (answer.status === 403) return { decision: 'not-permitted' };
    if (answer.status >= 500) return { decision: 'failed' };
    const { location } = answer;
    if (location === '/me' || location === '/enrol/proofs' || location?.endsWith('/remove')) {
      await browser.get(location);
      return { decision: 'granted' };
    }
    const page = await browser.follow(answer);
    const said = complaint(page);
    const step = location === '/signin/step' || location === '/confirm';
    const asks = step ? { asks: asked(page) } : {};
    return { decision: said === undefined ? 'challenged' : decisionOf(said), ...asks };
  }

  /** After a form of the portal: back on its page it is done, at the sign-in the session is over. */
  async function done(answer: WebAnswer, home: string): Promise<Told> {
    if (answer.location === home) {
      await browser.get(home);
      return { decision: 'done' };
    }
    if (answer.location === '/signin') return { decision: 'no-session' };
    return { decision: answer.location === '/confirm' ? 'challenged' : 'failed' };
  }

  return {
    async begin(identifier) {
      await browser.get('/signin');
      return told(await browser.post('/signin', { identifier }));
    },
    async offer(kind, typed) {
      const fields = kind === 'password' ? { kind, password: typed } : { kind, code: typed };
      const path = confirming ? '/confirm' : '/signin/step';
      const answer = await told(await browser.post(path, fields));
      if (answer.decision === 'granted') confirming = false;
      return answer;
    },
    async look() {
      // By the session alone: where the browser carries that it is enrolling, it is led back to that, and nothing is asked.
      const session = [...browser.cookies].filter(([name]) => !name.endsWith('-flow'));
      const cookie = session.map((pair) => pair.join('=')).join('; ');
      const { status } = await browser.get('/me', { cookie });
      return { decision: status === 200 ? 'done' : 'no-session' };
    },
    async wantToRemove(proof) {
      const answer = await browser.get(`/me/proofs/${proof}/remove`);
      if (answer.status === 200) return { decision: 'granted' };
      confirming = answer.location === '/confirm';
      return told(answer);
    },
    remove: async (proof) => done(await browser.post(`/me/proofs/${proof}/remove`, {}), '/me'),
    signOut: async () => done(await browser.post('/signout', {}), '/signed-out'),
    async comeWithPass(identifier, code) {
      await browser.get('/enrol');
      return told(await browser.post('/enrol', { identifier, pass: code }));
    },
    async setUp(kind, answer) {
      const path = `/enrol/add/${kind}`;
      const page = await browser.get(path);
      const uri = /href="(otpauth:[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const typed = answer(uri);
      const fields = {
        password: { password: typed, again: typed },
        totp: { code: typed },
        recovery: {},
      };
      const sent = await browser.post(path, fields[kind]);
      if (sent.location !== '/enrol/codes') return done(sent, '/enrol/proofs');
      const { text } = await browser.get('/enrol/codes');
      const codes = [...text.matchAll(/<li>(?:<code>)?([A-Z0-9-]{9,})/g)].map(
        ([, code = '']) => code,
      );
      return {
        ...(await done(await browser.post('/enrol/codes', { kept: 'yes' }), '/enrol/proofs')),
        codes,
      };
    },
    finish: async () => done(await browser.post('/enrol/finish', {}), '/enrol/done'),
    session: () => browser.cookies.get(served.cookieName('session')) ?? '',
    use(session) {
      browser.cookies.set(served.cookieName('session'), session);
    },
  };
};
