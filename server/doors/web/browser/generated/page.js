
// What needs passkeys is offered where there are some; where there are none, what stands in for it.
const passkeys = 'PublicKeyCredential' in window;
for (const each of document.querySelectorAll             ('[data-passkeys]')) {
	each.hidden = (each.dataset.passkeys === 'yes') !== passkeys;
}
// A button that shows what was typed, for long passwords and gloves.
for (const button of document.querySelectorAll                   ('button[data-show]')) {
	const input = document.getElementById(button.dataset.show ?? '');
	if (!(input instanceof HTMLInputElement)) continue;
	const hidden = button.textContent ?? '';
	button.hidden = false;
	button.setAttribute('aria-pressed', 'false');
	button.addEventListener('click', () => {
		const show = input.type === 'password';
		input.type = show ? 'text' : 'password';
		button.textContent = show ? (button.dataset.shown ?? '') : hidden;
		button.setAttribute('aria-pressed', String(show));
		input.focus();
	});
	// What is sent is a password again, so that browsers offer to keep it as one.
	input.form?.addEventListener('submit', () => {
		input.type = 'password';
	});
}
for (const button of document.querySelectorAll                   ('button[data-copy]')) {
	const words = button.textContent;
	button.hidden = navigator.clipboard === undefined;
	button.addEventListener('click', async () => {
		await navigator.clipboard.writeText(button.dataset.copy ?? '');
		button.textContent = button.dataset.copied ?? words;
		setTimeout(() => {
			button.textContent = words;
		}, 2000);
	});
}
// The exact time behind "3 minutes ago", in the reader's own zone.
for (const time of document.querySelectorAll('time')) {
	time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang, {
		dateStyle: 'full',
		timeStyle: 'medium',
	});
}
// A form is sent once: a second press would only meet a code that was used already.
for (const form of document.querySelectorAll('form')) {
	form.addEventListener('submit', (event) => {
		if (form.dataset.sent === 'yes') event.preventDefault();
		else if (form.dataset.again === undefined) form.dataset.sent = 'yes';
	});
}
addEventListener('pageshow', () => {
	for (const form of document.querySelectorAll('form')) delete form.dataset.sent;
});
