/** The doors of a bench's house, served over HTTP on a free port, as `serve` serves them. */
import { pino } from 'pino';
import type { z } from 'zod';
import { configSchema } from '../../server/config/sections.ts';
import { createMeters } from '../../server/doors/ops/meters.ts';
import { createListener } from '../../server/http/listener.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { createDoors } from '../../server/main/doors.ts';
import type { BenchHouse } from './bench-house.ts';

export async function openBenchDoors(
  { house }: BenchHouse,
  written: z.input<typeof configSchema> = {},
) {
  const config = configSchema.parse({ listen: { port: 0 }, ...written });
  const meters = createMeters();
  const listener = createListener(
    {
      ids: house.ids,
      log: pino({ level: 'silent' }),
      later: systemLater(),
      onAnswered: meters.answered,
    },
    { host: 'localhost', port: 0 },
  );
  if (!listener.ok) throw new Error(`the doors did not open: ${listener.error.code}`);
  const { value } = listener;
  const { origin } = await value.start(createDoors({ house, config, listener: value, meters }));
  return { origin, close: () => value.stop() };
}
