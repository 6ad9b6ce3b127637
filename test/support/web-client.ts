/** A browser without a screen: follows nothing by itself, keeps cookies, fills in the forms of the page that it is on. */
export interface WebAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
  readonly headers: Headers;
}

export interface WebClient {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<WebAnswer>;
  /** Sends a form with the token of the last page, unless another is given. */
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<WebAnswer>;
  /** Follows redirects of the last answer until there is a page. */
  follow(answer: WebAnswer): Promise<WebAnswer>;
}

/** How requests travel; `fetch`, unless a test has its own way. */
export type Reach = (url: string, init?: RequestInit) => Promise<Response>;

export function createWebClient(origin: string, reach: Reach = fetch): WebClient {
  const cookies = new Map<string, string>();
  let csrf = '';

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
    const location = response.headers.get('location') ?? undefined;
    return { status: response.status, location, text, headers: response.headers };
  }

  const client: WebClient = {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, fields, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { origin, ...headers },
        body: new URLSearchParams({ csrf, ...fields }),
      }),
    async follow(answer) {
      let at = answer;
      for (let hops = 0; at.location !== undefined; hops++) {
        if (hops === 10) throw new Error('this goes round in a circle');
        at = await client.get(at.location);
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
