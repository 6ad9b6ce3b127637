class OutOfDate extends Error {}
const FRESH_MS = 4 * 60 * 1000;
function fromBase64url(text        )              {
	const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
	return Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer;
}
function toBase64url(buffer             )         {
	let binary = '';
	for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
	return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
// Browsers from about 2021 on know passkeys; their own JSON forms came later (WebAuthn Level 3 §5.1.8 to 5.1.10).
function descriptors(list         )                                  {
	return ((list ?? [])          ).map((each) => ({
		...each,
		id: fromBase64url(String(each.id)),
	}))         ;
}
function creationOptions(json      )                                     {
	if ('parseCreationOptionsFromJSON' in PublicKeyCredential) {
		return PublicKeyCredential.parseCreationOptionsFromJSON(json         );
	}
	const user = json.user        ;
	return {
		...json,
		challenge: fromBase64url(String(json.challenge)),
		user: { ...user, id: fromBase64url(String(user.id)) },
		excludeCredentials: descriptors(json.excludeCredentials),
	}         ;
}
function requestOptions(json      )                                    {
	if ('parseRequestOptionsFromJSON' in PublicKeyCredential) {
		return PublicKeyCredential.parseRequestOptionsFromJSON(json         );
	}
	const challenge = fromBase64url(String(json.challenge));
	return { ...json, challenge, allowCredentials: descriptors(json.allowCredentials) }         ;
}
function credentialJson(credential                     )         {
	if (typeof credential.toJSON === 'function') {
		try {
			return JSON.stringify(credential.toJSON());
		} catch {
			// Some password managers put their own object in the place of the browser's; it has the parts all the same.
		}
	}
	const response       = {};
	for (const name of [
		'clientDataJSON',
		'attestationObject',
		'authenticatorData',
		'signature',
		'userHandle',
	]) {
		const part = (credential.response         )[name];
		if (part !== undefined && part !== null) response[name] = toBase64url(part);
	}
	if (credential.response instanceof AuthenticatorAttestationResponse) {
		response.transports = credential.response.getTransports?.() ?? [];
	}
	return JSON.stringify({
		id: credential.id,
		rawId: toBase64url(credential.rawId),
		type: credential.type,
		response,
		authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
		clientExtensionResults: credential.getClientExtensionResults(),
	});
}
function setUp(form                 )       {
	const texts = JSON.parse(form.dataset.texts ?? '{}')         ;
	const status = form.querySelector('[role=status]');
	const button = form.querySelector('button');
	const field = form.elements.namedItem('credential');
	const csrf = form.elements.namedItem('csrf');
	if (!(field instanceof HTMLInputElement) || !(csrf instanceof HTMLInputElement) || !button)
		return;
	const sent = field;
	const hidden = form.elements.namedItem('tab');
	const about = hidden instanceof HTMLInputElement ? hidden : undefined;
	const token = csrf.value;
	const say = (text        ) => {
		if (status) status.textContent = text;
	};
	// Where there are no passkeys none is offered; what to do instead stands in the page (parts/passkey-support.ts).
	if (!('PublicKeyCredential' in window)) return;
	form.hidden = false;
	let running                             ;
	async function begun()                                           {
		if (form.dataset.options) return { options: JSON.parse(form.dataset.options) };
		const answer = await fetch(form.dataset.begin ?? '', {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ csrf: token, tab: about?.value }),
		});
		if (answer.status === 403) throw new OutOfDate();
		if (!answer.ok) throw new Error(`begin answered ${answer.status}`);
		return answer.json();
	}
	async function run(mediation                )                {
		running?.abort();
		const control = new AbortController();
		running = control;
		const { options: json, tab } = await begun();
		if (control.signal.aborted) return;
		const { signal } = control;
		const made =
			form.dataset.passkey === 'create'
				? await navigator.credentials.create({ publicKey: creationOptions(json), signal })
				: await navigator.credentials.get({
						publicKey: requestOptions(json),
						signal,
						...(mediation && { mediation }),
					});
		if (!(made instanceof PublicKeyCredential)) throw new Error('no credential');
		sent.value = credentialJson(made);
		if (about && tab !== undefined) about.value = tab;
		form.submit();
	}
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		say(texts.waiting);
		form.dataset.state = 'waiting';
		run().catch((error         ) => {
			// The server leads to where this page was going.
			if (error instanceof OutOfDate) return form.submit();
			const name = error instanceof Error ? error.name : '';
			form.dataset.state = 'stopped';
			if (name === 'InvalidStateError') say(texts.already);
			else if (name === 'NotAllowedError' || name === 'AbortError') say(texts.cancelled);
			else say(texts.failed);
			if (form.dataset.passkey === 'any') offer();
		});
	});
	async function offer()                {
		if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
		if (form.dataset.state === 'waiting') return; // The button was quicker, and is not to be interrupted.
		run('conditional').catch(() => {}); // Nothing was asked of the person, so nothing is said.
		const again = () => {
			if (form.dataset.state !== 'waiting') void offer();
		};
		setTimeout(() => {
			// A page that nobody looks at begins nothing until someone comes back to it.
			if (!document.hidden) again();
			else document.addEventListener('visibilitychange', again, { once: true });
		}, FRESH_MS);
	}
	if (form.dataset.passkey === 'any') void offer();
}
for (const form of document.querySelectorAll                 ('form[data-passkey]')) setUp(form);
