import { encode } from 'uqr';
import { type Html, html } from '../html.ts';

const QUIET = 4; // Modules of white around the code: ISO/IEC 18004 §9.1.

/** A QR code as one path. It stays dark on white in the dark too, because many cameras read no other. */
export function qr(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  let path = '';
  data.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue;
      let run = 1;
      while (row[x + run] === true) run++;
      path += `M${x + QUIET} ${y + QUIET}h${run}v1h-${run}z`;
      x += run;
    }
  });
  const side = size + 2 * QUIET;
  return html`<svg class="qr" viewBox="0 0 ${side} ${side}" role="img" aria-label="${label}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#111" d="${path}"/></svg>`;
}
