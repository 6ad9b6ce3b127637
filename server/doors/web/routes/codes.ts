/** Recovery codes, shown once: they travel in the sealed cookie of the browser that made them, until it says they are kept. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { DoorParts } from '../door-parts.ts';
import { recoveryCodesPage } from '../pages/recovery-codes-page.ts';
import { withoutNotice } from '../visit.ts';
import type { AddingPlace } from './add-proof.ts';

export function codesRoutes(
  app: FastifyInstance,
  { handling, origin }: DoorParts,
  place: AddingPlace,
): void {
  const path = place.codes;
  const gone = { code: 'codes-gone' } as const;

  app.get(
    path,
    handling.page((visit) =>
      place.enter(visit, async ({ view, flow }) => {
        const { codes, notice } = flow;
        if (codes === undefined) return { go: place.home, flow: { ...flow, notice: gone } };
        const unkept = notice?.code === 'unkept';
        return {
          show: recoveryCodesPage(view, { path, codes, unkept }),
          flow: withoutNotice(flow),
        };
      }),
    ),
  );

  app.post(
    path,
    handling.form({ kept: z.literal('yes').optional() }, (visit, { kept }) =>
      place.enter(visit, async ({ flow }) => {
        if (kept === undefined) return { go: path, flow: { ...flow, notice: { code: 'unkept' } } };
        const { codes: _kept, ...rest } = flow;
        return { go: place.home, flow: { ...rest, notice: { code: 'codes-kept' } } };
      }),
    ),
  );

  app.post(
    `${path}/file`,
    handling.form({}, (visit) =>
      place.enter(visit, async ({ view, flow }) => {
        const { codes } = flow;
        if (codes === undefined) return { go: place.home, flow: { ...flow, notice: gone } };
        const words = view.texts.codes;
        const head = words.fileHead(view.visitor?.identifier ?? '', origin());
        return { file: `${head}\n${codes.join('\n')}\n`, name: words.fileName };
      }),
    ),
  );
}
