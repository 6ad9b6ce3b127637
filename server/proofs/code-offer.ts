import { z } from 'zod';

const codeOffer = z.strictObject({ code: z.string() });

/** The text of an offer that is one code, and nothing but one: what came along with it was meant for something else. */
export function codeOf(offer: unknown): string | undefined {
  return codeOffer.safeParse(offer).data?.code;
}
