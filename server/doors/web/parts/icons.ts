/** Small drawings in one stroke width, in the colour of the text around them. They never stand alone: a word is beside each. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { Html, html } from '../html.ts';

/** Two nested arches in one stroke, the inner one open. */
export const MARK_PATH = 'M3 21.5V12a9 9 0 0 1 18 0v9.5h-4.6V12a4.4 4.4 0 0 0-8.8 0v5';

export function mark(size: number): Html {
  return html`<svg class="mark" width="${size}" height="${size}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${MARK_PATH}"/></svg>`;
}

const DRAWN = {
  password: '<path d="M5 11.5h14v8H5zM8 11.5V8.2a4 4 0 0 1 8 0v3.3M12 14.6v1.8"/>',
  totp: '<path d="M7.5 3h9v18h-9zM10.8 18h2.4M12 7.2v3l1.8 1.2"/><circle cx="12" cy="10.2" r="3.4"/>',
  webauthn:
    '<circle cx="8.2" cy="12" r="4.2"/><path d="M12.4 12H21v3.2M17.4 12v2.4"/><path d="M8.2 12h.01"/>',
  card: '<path d="M3 6h18v12H3zM6.5 9.5h4.5v4.5H6.5zM8.7 9.5V14M14 14.5h4"/>',
  upstream:
    '<path d="M6 4h12v16H6zM9 7.5h6v4H9zM9 15h.01M12 15h.01M15 15h.01M9 17.5h.01M12 17.5h.01M15 17.5h.01"/>',
  recovery:
    '<path d="M6 3.5h12v17l-2-1.4-2 1.4-2-1.4-2 1.4-2-1.4-2 1.4zM9 8h6M9 11.5h6M9 15h3.4"/>',
  pass: '<path d="M3.5 7.5h17v3a1.6 1.6 0 0 0 0 3.2v3h-17v-3a1.6 1.6 0 0 0 0-3.2zM14.5 7.8v1.4M14.5 11.3v1.4M14.5 14.8v1.4"/>',
  screen: '<path d="M3.5 5h17v11h-17zM9 20h6M12 16v4"/>',
  phone: '<path d="M7.5 3h9v18h-9zM11 18h2"/>',
  app: '<path d="M4 4.5h7v7H4zM13.5 4.5H20v7h-6.5zM4 13.5h7V20H4zM16.7 13.5V20M13.5 16.7H20"/>',
  next: '<path d="m9.5 6 6 6-6 6"/>',
  back: '<path d="m14.5 6-6 6 6 6"/>',
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  alert: '<path d="M12 4 2.8 20h18.4zM12 10.2v4.4M12 17.2v.4"/>',
} as const satisfies Record<ProofKind | string, string>;

export type IconName = keyof typeof DRAWN;

export function icon(name: IconName): Html {
  return new Html(
    `<svg class="icon" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${DRAWN[name]}</svg>`,
  );
}
