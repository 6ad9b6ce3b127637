/** `/session/…`: what browser/bound.ts calls to show the key that a session is bound to. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { DoorParts } from '../door-parts.ts';

const NO_SESSION = { value: { reason: 'no-session' } } as const;

export function sessionKeyRoutes(app: FastifyInstance, { gate, handling }: DoorParts): void {
  app.post(
    '/session/nonce',
    handling.call({}, async ({ session, arrival }) => {
      if (session === undefined) return NO_SESSION;
      const toSign = await gate.bound.toSign(session, arrival);
      if (toSign?.state !== 'done') return toSign === undefined ? NO_SESSION : { value: toSign };
      return { value: { session: toSign.session, nonce: toSign.nonce } };
    }),
  );

  app.post(
    '/session/key',
    handling.call(
      {
        nonce: z.string().max(160),
        signature: z.string().max(128),
        key: z.string().max(128).optional(),
      },
      async ({ session, arrival }, given) => {
        if (session === undefined) return NO_SESSION;
        const shown = await gate.bound.show(session, given, arrival);
        if (shown.state === 'done') {
          const { keyProof, renewInMs } = shown;
          return { value: { renewInMs }, keyProof };
        }
        const { reason } = shown;
        return { value: { reason }, ...(reason === 'wrong-key' ? { leave: true } : {}) };
      },
    ),
  );
}
