/**
 * Issuing: a request of a device is read and checked, a certificate is signed, and it is durable with its event before the answer.
 * Beside it `openssl ca`, which takes as many requests in one process, and makes nothing durable.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceId } from '../server/kernel/id.ts';
import { writePem } from '../server/wire/der/pem.ts';
import { type Bench, type BenchRun, type Part, rateOf } from './bench.ts';
import { inFlight } from './flight.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchHouse } from './house/bench-house.ts';
import { makeRequest } from './house/certificate-requests.ts';
import { openOpensslCa } from './house/openssl-ca.ts';
import { inPairs, quantile, runsOf } from './pair.ts';

const WANTED = 300;
const IN_FLIGHT = 16;

export const issue: Bench = {
  name: 'issue',
  says: 'Certificates issued by requests of devices, durable before the answer, beside `openssl ca`.',
  async run(run) {
    return [await measure(run)];
  },
};

async function measure({ quick, pairs, progress }: BenchRun): Promise<Part> {
  const count = quick ? 100 : 1000;
  const peers = quick ? 20 : 200;
  const database = await benchDatabase('sqlite');
  const opened = await openBenchHouse(database);
  const openssl = await openOpensslCa();
  const { house, store } = opened;
  const latencies: number[] = [];
  try {
    const onRun = progress('Certificates', runsOf(pairs));
    const measured = await inPairs(
      {
        async ours() {
          const asked = Array.from({ length: count }, (_, i) => {
            const name = `device-${i}`;
            const id = house.ids.next<'device'>() as DeviceId;
            return { csr: makeRequest(name), subject: { kind: 'device', id, name } as const };
          });
          const before = process.cpuUsage();
          const flown = await inFlight(IN_FLIGHT, asked, async (one) => {
            const issued = await store.write((tx) =>
              house.authority.issue(tx, { profile: 'device', ...one }, { door: 'cli' }),
            );
            if (!issued.ok) throw new Error(`a certificate was refused: ${issued.error.code}`);
          });
          const { user, system } = process.cpuUsage(before);
          latencies.push(...flown.latencies);
          await house.sequencer.settle();
          return (count * 1_000_000) / (user + system);
        },
        async peer() {
          const files = Array.from({ length: peers }, (_, i) => {
            const name = `${i}.csr`;
            const body = writePem('CERTIFICATE REQUEST', makeRequest(`device-${i}`));
            writeFileSync(join(openssl.folder, name), body);
            return name;
          });
          const began = performance.now();
          await openssl.issue(files);
          return (peers * 1000) / (performance.now() - began);
        },
      },
      { pairs, onRun },
    );
    return rateOf(
      {
        name: 'issue',
        ours: `authority.issue by ${count} requests with P-256 keys, ${IN_FLIGHT} in flight, to a row and an event on SQLite, per second of all processor time`,
        against: `${WANTED} a second on one core; beside it, openssl ca with ${peers} requests in one process, per second`,
        unit: '/s',
      },
      measured,
      WANTED,
      [{ what: 'p99', value: quantile(latencies, 0.99), unit: 'ms' }],
    );
  } finally {
    openssl.close();
    await opened.close();
    await database.close();
  }
}
