/**
 * Commands at a network device, each asked about by TACACS+ on one connection: read, judged by the login's proofs and the policy, and
 * durable in the record before its answer. Beside it a server that reads each packet, answers yes and keeps nothing.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tacacsConfig } from '../server/doors/tacacs/tacacs-config.ts';
import { createTacacsDoor } from '../server/doors/tacacs/tacacs-door.ts';
import { systemLater } from '../server/kernel/later.ts';
import { readAuthorization, writeResponse } from '../server/wire/tacacs/authorization.ts';
import { createFrames } from '../server/wire/tacacs/frames.ts';
import { HEADER, MOST_BODY, writeHeader } from '../server/wire/tacacs/header.ts';
import { createObfuscation } from '../server/wire/tacacs/obfuscation.ts';
import { addDevice, giveSecret } from '../test/support/network.ts';
import { openTacacsClient } from '../test/support/tacacs-client.ts';
import { type Bench, type BenchRun, type Part, rateOf } from './bench.ts';
import { benchDatabase, type DatabaseKind } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addPeople, codeAt, nameOf, PASSWORD } from './house/bench-people.ts';
import { startLoad } from './house/load.ts';
import type { TacacsLoad, TacacsLoaded } from './house/tacacs-load.ts';
import { inPairs, median, quantile, runsOf } from './pair.ts';

const WANTED = 5000;
const IN_FLIGHT = 64;

export const tacacs: Bench = {
  name: 'tacacs',
  says: 'Commands at a network device, each judged and on record, over one TACACS+ connection; beside a server that says yes.',
  run: async (run) => [await measure('sqlite', run)],
};

/** What people type all day: most are on few lines, and the text differs. */
const COMMANDS = [
  'show version',
  'show running-config',
  'configure terminal',
  'write memory',
  ...Array.from({ length: 200 }, (_, i) => `interface gigabitethernet 1/0/${i}`),
  ...Array.from({ length: 200 }, (_, i) => `description port ${i} of the hall`),
];

async function measure(kind: DatabaseKind, { quick, pairs, progress }: BenchRun): Promise<Part> {
  const requests = quick ? 4000 : 40_000;
  const database = await benchDatabase(kind);
  const opened = await openBenchHouse(database);
  const { house, clock } = opened;
  const switched = await addDevice({ house }, 'switch-1', { addresses: ['127.0.0.1'] });
  const secret = await giveSecret({ house }, switched, 'tacacs');
  const door = createTacacsDoor(
    {
      network: house.gate.network,
      credentials: () => house.authority.serverCredentials('server'),
      trustedNetwork: () => false,
      origin: () => 'https://id.example.com',
      clock,
      ids: house.ids,
      later: systemLater(),
      notice: () => {},
      report: house.report,
    },
    tacacsConfig.parse({ host: '127.0.0.1', port: 0, tls: false }),
  );
  const port = Number((await door.start())[0]?.split(':').at(-1));
  const load = startLoad<TacacsLoad, TacacsLoaded>(
    new URL('./house/tacacs-load.ts', import.meta.url),
  );
  const bare = startBare(secret);
  await once(bare, 'listening');
  try {
    const user = await logIn(opened, port, secret);
    const barePort = (bare.address() as AddressInfo).port;
    let from = 0x20000000;
    const ask = async (at: number) => {
      from += requests;
      const wanted = { port: at, secret, user, commands: COMMANDS, requests, from };
      return load.ask({ ...wanted, inFlight: IN_FLIGHT });
    };
    /** For each second of the processor time of all threads but the one that asks. */
    const rate = async (at: number) => {
      const before = process.cpuUsage();
      const done = await ask(at);
      const { user, system } = process.cpuUsage(before);
      return { ...done, perCore: (requests * 1_000_000) / (user + system - done.spent) };
    };
    const runs: TacacsLoaded[] = [];
    const measured = await inPairs(
      {
        async ours() {
          await house.sequencer.settle();
          const done = await rate(port);
          runs.push(done);
          return done.perCore;
        },
        peer: async () => (await rate(barePort)).perCore,
      },
      { pairs, onRun: progress('Commands on one connection', runsOf(pairs)) },
    );
    const counted = runs.slice(1);
    return rateOf(
      {
        name: 'on SQLite',
        ours: `authorization of commands, ${IN_FLIGHT} in flight on one connection, each in the record and durable before its answer, per second of the processor time of all that answers`,
        against: `${WANTED} a second; beside it, a server that reads each packet, says yes and keeps nothing`,
        unit: '/s',
      },
      measured,
      WANTED,
      [
        {
          what: 'by the clock',
          value: median(counted.map(({ perSecond }) => perSecond)),
          unit: '/s',
        },
        {
          what: 'p99',
          value: median(counted.map(({ latencies }) => quantile(latencies, 0.99))),
          unit: 'ms',
        },
      ],
    );
  } finally {
    await load.close();
    bare.close();
    await door.stop();
    await opened.close();
    await database.close();
  }
}

/** Somebody who may run commands, by the door itself. */
async function logIn(opened: BenchHouse, port: number, secret: string): Promise<string> {
  const [person] = await addPeople(opened, 0, 1);
  const { house, clock } = opened;
  if (person === undefined) throw new Error('nobody was added');
  const groups = ['network-operators'];
  await house.store.write((tx) => house.people.change(tx, person.id, { groups }, { door: 'cli' }));
  clock.nextCode();
  const user = nameOf(person.number);
  const client = await openTacacsClient({ port, secret });
  const replies = await client.logIn({ user }, [PASSWORD, codeAt(person.number, clock.now())]);
  await client.close();
  if (replies.at(-1)?.status !== 1)
    throw new Error(`a login was refused: ${replies.at(-1)?.message}`);
  return user;
}

function startBare(secret: string) {
  const key = Buffer.from(secret);
  const obfuscate = createObfuscation();
  const yes = writeResponse({ status: 1, message: '', data: new Uint8Array(), args: [] });
  return createServer((socket) => {
    const frames = createFrames(MOST_BODY);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      socket.cork();
      frames.push(bytes, ({ header, body }) => {
        if (!readAuthorization(obfuscate(body, header, key)).ok) socket.destroy();
        const reply = { ...header, sequence: 2, length: yes.length };
        const packet = writeHeader(reply);
        packet.set(obfuscate(yes, reply, key), HEADER);
        return socket.write(packet) || true;
      });
      socket.uncork();
    });
  }).listen(0, '127.0.0.1');
}
