/** What a house is told by a configuration, as `serve` would tell it. */
import type { z } from 'zod';
import { configSchema } from '../../server/config/sections.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { settingsOf } from '../../server/main/house-settings.ts';

export const SITE = 'http://localhost:8080';

export function writtenSettings(written: z.input<typeof configSchema> = {}): HouseSettings {
  return settingsOf(configSchema.parse(written), SITE);
}

/** Cheap enough that tests can sign in hundreds of times; what real hashes cost is tested with the proof. */
const CHEAP_HASH = { memory: 1024, passes: 1 };

/** No configuration may make hashes as cheap as this. */
export function cheapSettings(written: z.input<typeof configSchema> = {}): HouseSettings {
  const settings = writtenSettings(written);
  const password = { ...settings.proofs.password, ...CHEAP_HASH };
  return { ...settings, proofs: { ...settings.proofs, password } };
}
