/** The record: events appended, each durable before it is answered, and verified, every one. */

import { hash } from 'node:crypto';
import { databaseSource } from '../server/record/database-source.ts';
import { verifyRecord } from '../server/record/verify.ts';
import { type Bench, rateOf } from './bench.ts';
import { inFlight } from './flight.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchHouse } from './house/bench-house.ts';
import { addPeople } from './house/bench-people.ts';
import { createPlainWrites } from './house/plain-writes.ts';
import { inPairs, runsOf } from './pair.ts';

const IN_FLIGHT = 256;
const APPENDS = 20_000;
const VERIFIED = 150_000;

export const record: Bench = {
  name: 'record',
  says: 'Events appended and verified, beside bare transactions and bare hashes of as many bytes.',
  async run({ quick, pairs, progress }) {
    const count = quick ? 2000 : 40_000;
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    try {
      const people = await addPeople(opened, 0, 1000);
      const writes = await createPlainWrites(opened.store);
      const numbers = Array.from({ length: count }, (_, i) => i);
      const { store, record: recorder, sequencer } = opened.house;
      const appended = await inPairs(
        {
          async ours() {
            const { perSecond } = await inFlight(IN_FLIGHT, numbers, async (i) => {
              const { id, password } = people[i % people.length]!; // There are a thousand.
              await store.write((tx) =>
                recorder.append(tx, {
                  type: 'proof.verified',
                  outcome: 'challenged',
                  subject: id,
                  door: 'web',
                  personal: { address: '192.0.2.1', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' },
                  data: { proof: password, kind: 'password', asked: ['totp'] },
                }),
              );
            });
            return perSecond;
          },
          async peer() {
            return (
              await inFlight(
                IN_FLIGHT,
                numbers.map((i) => people[i % people.length]!),
                writes.one,
              )
            ).perSecond;
          },
        },
        { pairs, onRun: progress('Events appended', runsOf(pairs)) },
      );
      while (!(await sequencer.settle()));
      const verified = await inPairs(
        {
          async ours() {
            const began = performance.now();
            const report = await verifyRecord(databaseSource(store), {});
            if (report.state !== 'sound') throw new Error('the record of a bench did not verify');
            const events = report.logs.reduce((sum, { size }) => sum + size, 0);
            return (events * 1000) / (performance.now() - began);
          },
          async peer() {
            const leaf = new Uint8Array(400);
            const began = performance.now();
            for (let i = 0; i < count; i++) hash('sha256', leaf, 'buffer');
            return (count * 1000) / (performance.now() - began);
          },
        },
        { pairs, onRun: progress('Record verified', runsOf(pairs)) },
      );
      return [
        rateOf(
          {
            name: 'append',
            ours: `record.append with personal fields, a transaction each, ${IN_FLIGHT} in flight, sequenced meanwhile, on SQLite`,
            against: `${APPENDS} a second; beside it, transactions of one row through the same store`,
            unit: '/s',
          },
          appended,
          APPENDS,
        ),
        rateOf(
          {
            name: 'verify',
            ours: 'record verify of the whole database in one thread',
            against: `${VERIFIED} a second; beside it, bare hashes of 400 bytes`,
            unit: '/s',
          },
          verified,
          VERIFIED,
        ),
      ];
    } finally {
      await opened.close();
      await database.close();
    }
  },
};
