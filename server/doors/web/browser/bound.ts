/**
 * The key of a bound session (gate/sessions/bound-sessions.ts). This browser makes one that no script can read out, and signs a
 * nonce of the server's with it: once to bind a new session, then before each interval is over and before each form. Where it
 * can't, the session goes on unbound, or the server's page says what to do.
 */

const DATABASE = 'sallyport';
const KEYS = 'keys';
const NAME = 'browser';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** A form that is sent sooner after a proof needs no new one. */
const FRESH_MS = 5000;
const RETRY_MS = 30_000;

interface Told {
  session?: string;
  nonce?: string;
  renewInMs?: number;
  reason?: string;
}

const { bound = '', csrf = '', goesTo } = document.body.dataset;
const onward = document.querySelector<HTMLFormElement>('form[data-proving]');
let isBound = bound !== 'new';
let provenAt = 0;
let dueAt = Number.POSITIVE_INFINITY;
let timer: ReturnType<typeof setTimeout> | undefined;

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function keys(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
  const database = await settled(opening);
  return database.transaction(KEYS, mode).objectStore(KEYS);
}

async function stored(): Promise<CryptoKeyPair | undefined> {
  return settled((await keys('readonly')).get(NAME));
}

/** Two pages may make one at once: the first to be kept is the one. */
async function storedOrMade(): Promise<CryptoKeyPair> {
  const before = await stored();
  if (before) return before;
  const made = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const store = await keys('readwrite');
  const first: CryptoKeyPair | undefined = await settled(store.get(NAME));
  if (first) return first;
  await settled(store.put(made, NAME));
  return made;
}

function base64url(buffer: ArrayBuffer): string {
  let binary = '';
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

async function post(path: string, body: Record<string, string>): Promise<Told> {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ csrf, ...body }),
    keepalive: true, // Its cookie is wanted, also by whoever leaves the page meanwhile.
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/** Shows the key; says `done`, or why not. */
async function show(): Promise<string> {
  const purpose = isBound ? 'prove' : 'bind';
  const pair = isBound ? await stored() : await storedOrMade();
  if (!pair) return 'no-key';
  for (let tries = 0; ; tries++) {
    const { session, nonce = '', reason } = await post('/session/nonce', {});
    if (session === undefined) return reason ?? 'no-session';
    const text = ['sallyport browser key 1', purpose, location.origin, session, nonce].join('\n');
    const signed = await crypto.subtle.sign(
      ALGORITHM,
      pair.privateKey,
      new TextEncoder().encode(text),
    );
    const key = isBound
      ? {}
      : { key: base64url(await crypto.subtle.exportKey('raw', pair.publicKey)) };
    const told = await post('/session/key', { nonce, signature: base64url(signed), ...key });
    if (told.renewInMs !== undefined) {
      isBound = true;
      provenAt = Date.now();
      plan(told.renewInMs);
      return 'done';
    }
    if (told.reason !== 'stale' || tries === 2) return told.reason ?? 'failed';
  }
}

function plan(ms: number): void {
  clearTimeout(timer);
  dueAt = Date.now() + ms;
  timer = setTimeout(renew, ms);
}

/** A page that nobody looks at proves nothing until someone comes back to it. */
function renew(): void {
  if (document.hidden || Date.now() < dueAt) return;
  dueAt = Number.POSITIVE_INFINITY;
  show().then(
    (said) => said,
    () => plan(RETRY_MS),
  );
}
for (const comes of ['visibilitychange', 'pageshow']) addEventListener(comes, renew, true);

/** What is sensitive wants a proof made for it, so each form is sent right after one. */
const ready = new WeakSet<HTMLFormElement>();
document.addEventListener(
  'submit',
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !isBound || form.dataset.passkey) return;
    if (ready.has(form) || Date.now() - provenAt < FRESH_MS) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const go = () => {
      ready.add(form);
      form.requestSubmit(event.submitter as HTMLElement | null);
      ready.delete(form);
    };
    // Whatever came of it: the server says what is missing.
    show().then(go, go);
  },
  true,
);

/** Pages on which something sensitive begins: shown at once, and not by way of the page between. */
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="/me/proofs/"]');
  if (!link || !isBound || event.defaultPrevented || Date.now() - provenAt < FRESH_MS) return;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const go = () => location.assign(link.href);
  show().then(go, go);
});

/**
 * `fetch` for other scripts of our pages that call the API: asked for a newer proof, it shows the key and asks again.
 * @public
 */
export async function fetchProven(path: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(path, init);
  if (answer.status !== 401 || !isBound) return answer;
  const { code } = await answer.clone().json();
  if (code !== 'unproven-key' || (await show()) !== 'done') return answer;
  return fetch(path, init);
}

/** Whether the session is tied to this browser is told once it is known, and not a moment before. */
function tellBinding(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-binding]')) {
    if (isBound) each.textContent = each.dataset.binding ?? '';
    each.classList.remove('in-a-moment');
  }
}

/** On the page between: prove, and go on to where one was. */
async function goOn(form: HTMLFormElement): Promise<void> {
  const before = Number(sessionStorage.getItem(DATABASE) ?? 0);
  const said = before < 3 ? await show() : 'again and again';
  if (said !== 'done') throw new Error(said);
  sessionStorage.setItem(DATABASE, String(before + 1));
  if (form.method === 'post') form.submit();
  else location.replace(form.action);
}

if (onward) {
  goOn(onward).catch(() => {
    sessionStorage.removeItem(DATABASE);
    for (const each of document.querySelectorAll<HTMLElement>('[data-proven]')) {
      each.hidden = each.dataset.proven === 'waiting';
    }
  });
} else {
  sessionStorage.removeItem(DATABASE);
  if (isBound) plan(Number(bound));
  // A browser that can hold no key goes on without one.
  else {
    show()
      .catch(() => {})
      .finally(() => {
        tellBinding();
        if (goesTo) location.replace(goesTo);
      });
  }
}
