/** A browser without a screen: follows nothing by itself, keeps cookies, fills in the forms of the page that it is on. */
export interface WebAnswer {
  readonly status: number;
  /** Where it leads, without the name of the tab, which is chance. */
  readonly location: string | undefined;
  /** Where it leads, as it stands there. */
  readonly leads: string | undefined;
  readonly text: string;
  readonly headers: Headers;
}

export interface WebClient {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<WebAnswer>;
  /** This page: where the browser is on it already or is being led to it, in that tab; else opened anew. */
  onTo(path: string): Promise<WebAnswer>;
  /** Sends a form with what is hidden in that of the last page, its token and its tab, unless others are given. */
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<WebAnswer>;
  /** Follows redirects of the last answer until there is a page. */
  follow(answer: WebAnswer): Promise<WebAnswer>;
}

const FORM = /<form method="post" action="([^"]*)"[^>]*>(.*?)<\/form>/gs;

/** How requests travel; `fetch`, unless a test has its own way. */
export type Reach = (url: string, init?: RequestInit) => Promise<Response>;

/** `cookies` are shared by those that are tabs of one browser. */
export function createWebClient(
  origin: string,
  reach: Reach = fetch,
  cookies = new Map<string, string>(),
): WebClient {
  let csrf = '';
  let last: { readonly path: string; readonly answer: WebAnswer } | undefined;
  /** Of the forms on the last page, by where they are sent. */
  const tabs = new Map<string, string>();

  async function send(path: string, init: RequestInit): Promise<WebAnswer> {
    const headers = new Headers(init.headers);
    const kept = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (kept !== '' && !headers.has('cookie')) headers.set('cookie', kept);
    const response = await reach(origin + path, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...flags] = line.split(';');
      const at = pair.indexOf('=');
      const gone = flags.some((flag) => flag.trim() === 'Max-Age=0');
      if (gone) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const text = await response.text();
    csrf = /name="csrf" value="([^"]*)"/.exec(text)?.[1] ?? csrf;
    tabs.clear();
    for (const [, action = '', hidden = ''] of text.matchAll(FORM)) {
      const tab = /name="tab" value="([^"]*)"/.exec(hidden)?.[1];
      if (tab !== undefined) tabs.set(action, tab);
    }
    const leads = response.headers.get('location') ?? undefined;
    const location = leads?.replace(/[?&]tab=[\w-]{8}$/, '');
    const answer = { status: response.status, location, leads, text, headers: response.headers };
    last = { path, answer };
    return answer;
  }

  const client: WebClient = {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    async onTo(path) {
      const is = (at: string | undefined) => at?.split('?')[0] === path;
      const leads = last?.answer.leads;
      if (last?.answer.status === 200 && is(last.path)) return last.answer;
      return client.get(leads !== undefined && is(leads) ? leads : path);
    },
    post(path, fields, headers = {}) {
      const tab = tabs.get(path);
      const hidden = tab === undefined ? { csrf } : { csrf, tab };
      return send(path, {
        method: 'POST',
        headers: { origin, ...headers },
        body: new URLSearchParams({ ...hidden, ...fields }),
      });
    },
    async follow(answer) {
      let at = answer;
      for (let hops = 0; at.leads !== undefined; hops++) {
        if (hops === 10) throw new Error('this goes round in a circle');
        at = await client.get(at.leads);
      }
      return at;
    },
  };
  return client;
}

/** What the page says went wrong. */
export function complaint(answer: WebAnswer): string | undefined {
  const found = /role="alert"[^>]*><p>(?:<a[^>]*>)?([^<]*)/.exec(answer.text)?.[1];
  return found?.replaceAll('&#39;', "'");
}

export function heading(answer: WebAnswer): string | undefined {
  return /<h1>([^<]*)/.exec(answer.text)?.[1];
}
