
const DATABASE = 'sallyport';
const KEYS = 'keys';
const NAME = 'browser';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const FRESH_MS = 5000;
const RETRY_MS = 30_000;
const { bound = '', csrf = '', goesTo } = document.body.dataset;
const onward = document.querySelector                 ('form[data-proving]');
let isBound = bound !== 'new';
let provenAt = 0;
let dueAt = Number.POSITIVE_INFINITY;
let timer                                           ;
function settled   (request               )             {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}
async function keys(mode                    )                          {
	const opening = indexedDB.open(DATABASE, 1);
	opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
	const database = await settled(opening);
	return database.transaction(KEYS, mode).objectStore(KEYS);
}
async function stored()                                     {
	return settled((await keys('readonly')).get(NAME));
}
async function storedOrMade()                         {
	const before = await stored();
	if (before) return before;
	const made = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
	const store = await keys('readwrite');
	const first                            = await settled(store.get(NAME));
	if (first) return first;
	await settled(store.put(made, NAME));
	return made;
}
function base64url(buffer             )         {
	let binary = '';
	for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
	return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
async function post(path        , body                        )                {
	const answer = await fetch(path, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ csrf, ...body }),
		keepalive: true, // Its cookie is wanted, also by whoever leaves the page meanwhile.
	});
	if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
	return answer.json();
}
async function show()                  {
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
function plan(ms        )       {
	clearTimeout(timer);
	dueAt = Date.now() + ms;
	timer = setTimeout(renew, ms);
}
function renew()       {
	if (document.hidden || Date.now() < dueAt) return;
	dueAt = Number.POSITIVE_INFINITY;
	show().then(
		(said) => said,
		() => plan(RETRY_MS),
	);
}
for (const comes of ['visibilitychange', 'pageshow']) addEventListener(comes, renew, true);
const ready = new WeakSet                 ();
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
			form.requestSubmit(event.submitter                      );
			ready.delete(form);
		};
		// Whatever came of it: the server says what is missing.
		show().then(go, go);
	},
	true,
);
document.addEventListener('click', (event) => {
	const link = (event.target           ).closest                   ('a[href^="/me/proofs/"]');
	if (!link || !isBound || event.defaultPrevented || Date.now() - provenAt < FRESH_MS) return;
	if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
	event.preventDefault();
	const go = () => location.assign(link.href);
	show().then(go, go);
});
export async function fetchProven(path        , init              )                    {
	const answer = await fetch(path, init);
	if (answer.status !== 401 || !isBound) return answer;
	const { code } = await answer.clone().json();
	if (code !== 'unproven-key' || (await show()) !== 'done') return answer;
	return fetch(path, init);
}
function tellBinding()       {
	for (const each of document.querySelectorAll             ('[data-binding]')) {
		if (isBound) each.textContent = each.dataset.binding ?? '';
		each.classList.remove('in-a-moment');
	}
}
async function goOn(form                 )                {
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
		for (const each of document.querySelectorAll             ('[data-proven]')) {
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
