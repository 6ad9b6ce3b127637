/** Times, places and devices in words; the exact time stands behind the words, for whoever rests the pointer on them. */
import { deviceWords } from '../../http/device-words.ts';
import { placeOf } from '../../http/place-words.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../kernel/clock.ts';
import { type Html, html } from './html.ts';
import type { Texts } from './texts.ts';
import type { View } from './view.ts';

const DAYS_TOLD = 28;

export function ago(texts: Texts, at: number, now: number): string {
  const span = now - at;
  if (span < MINUTE) return texts.time.now;
  if (span < HOUR) return texts.time.minutes(Math.floor(span / MINUTE));
  if (span < DAY) return texts.time.hours(Math.floor(span / HOUR));
  const days = Math.floor(span / DAY);
  return days <= DAYS_TOLD ? texts.time.days(days) : dateOf(texts, at);
}

function dateOf(texts: Texts, at: number): string {
  return new Intl.DateTimeFormat(texts.language, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    at,
  );
}

function exactly(texts: Texts, at: number): string {
  const format = { dateStyle: 'full', timeStyle: 'medium', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(texts.language, format).format(at)} UTC`;
}

/** `<time>` with the words for people, the instant for machines and the exact time on hover. */
export function when(view: View, at: number): Html {
  const { texts, now } = view;
  return html`<time datetime="${instant(at)}" title="${exactly(texts, at)}">${ago(texts, at, now)}</time>`;
}

function instant(at: number): string {
  return new Date(at).toISOString();
}

/** How long to wait, rounded up: who waits that long is never too early. */
export function span(texts: Texts, milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / SECOND));
  if (seconds < 120) return texts.time.inSeconds(seconds);
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120
    ? texts.time.inMinutes(minutes)
    : texts.time.inHours(Math.ceil(minutes / 60));
}

export function deviceName(texts: Texts, userAgent: string | undefined): string {
  const { browser, system } = deviceWords(userAgent ?? '');
  if (browser === undefined && system === undefined) return texts.device.unknownDevice;
  if (system === undefined) return browser ?? texts.device.unknownBrowser;
  return texts.device.on(browser ?? texts.device.unknownBrowser, system);
}

export function placeName(texts: Texts, address: string | undefined): string {
  return texts.places[placeOf(address ?? '')];
}
