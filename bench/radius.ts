/**
 * RADIUS: logins that bring a code, judged by the whole house with everything durable before the answer; and the door alone, which
 * compares a password in memory, beside FreeRADIUS that does the same with a file of users.
 */
import type { Network } from '../server/gate/network/network-words.ts';
import { type Bench, type BenchRun, type Part, rateOf, shareOf } from './bench.ts';
import { benchDatabase } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addressOf, codeAt, nameOf } from './house/bench-people.ts';
import { addSwitch, type BenchSwitch, openDoor, operators } from './house/bench-radius.ts';
import {
  FREERADIUS_SECRET,
  type FreeradiusKind,
  hasFreeradius,
  startFreeradius,
} from './house/freeradius.ts';
import { type Load, startLoad } from './house/load.ts';
import type { RadiusLoad, RadiusLoaded, RadiusLogin } from './house/radius-load.ts';
import { withoutHashes } from './house/without-hashes.ts';
import { inPairs, median, type Pair, quantile, runsOf } from './pair.ts';

const WANTED = 15_000;
const SHARE = 0.4;
const IN_FLIGHT = 64;
const PASSWORD = 'enigma';

export const radius: Bench = {
  name: 'radius',
  says: 'Logins by RADIUS: with a code and a durable record, and by the door alone beside FreeRADIUS.',
  async run(run) {
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    const load = startLoad<RadiusLoad, RadiusLoaded>(
      new URL('./house/radius-load.ts', import.meta.url),
    );
    try {
      return await measure(opened, load, run);
    } finally {
      await load.close();
      await opened.close();
      await database.close();
    }
  },
};

async function measure(
  opened: BenchHouse,
  load: Load<RadiusLoad, RadiusLoaded>,
  run: BenchRun,
): Promise<Part[]> {
  const { quick, pairs, progress } = run;
  const count = quick ? 400 : 4000;
  const plenty = quick ? 5000 : 60_000;
  const client = await addSwitch(opened);
  const people = await operators(opened, count, progress('People', count));
  const users = people.map(({ number }) => ({ name: nameOf(number), password: PASSWORD }));
  const logins = people.map(({ number }) => ({
    name: nameOf(number),
    password: PASSWORD,
    station: addressOf(number),
  }));
  const common = { logins, inFlight: IN_FLIGHT, count: plenty, wanted: 'accept' } as const;

  const alone = await openDoor(opened, doorAlone(client));
  const whole = await openDoor(opened, opened.house.gate.network);
  withoutHashes(opened);
  const walls: Record<string, number[]> = {};
  const wall = (what: string, rate: number) => {
    walls[what] ??= [];
    walls[what].push(rate);
  };
  const freeradius = async (kind: FreeradiusKind) => {
    const server = await startFreeradius(kind, users);
    const secret = FREERADIUS_SECRET;
    const rate = async () => {
      const before = server.used();
      const done = await load.ask({ ...common, port: server.port, secret, signed: false });
      wall(`FreeRADIUS ${kind}, by the clock`, plenty / done.seconds);
      return plenty / (server.used() - before);
    };
    return { rate, close: server.close };
  };
  async function ours(port: number, more: Pick<RadiusLoad, 'logins' | 'count'>, what: string) {
    const before = process.threadCpuUsage();
    const done = await load.ask({
      ...common,
      ...more,
      port,
      secret: client.text,
      signed: true,
    });
    const { user, system } = process.threadCpuUsage(before);
    wall(`${what}, by the clock`, more.count / done.seconds);
    wall(`${what}, p99`, quantile(done.latencies, 0.99));
    return (more.count * 1_000_000) / (user + system);
  }
  const figures = (what: RegExp) =>
    Object.entries(walls)
      .filter(([name]) => what.test(name))
      .map(([what, values]) => ({
        what,
        value: median(values.slice(1)),
        unit: what.endsWith('p99') ? 'ms' : '/s',
      }));

  const peers = hasFreeradius()
    ? { stripped: await freeradius('stripped'), stock: await freeradius('stock') }
    : undefined;
  const stocks: number[] = [];
  try {
    const withCode = async () => {
      const steps = await challenges(opened, load, whole.port, client.text, logins);
      await opened.house.sequencer.settle();
      return ours(whole.port, { logins: steps, count: steps.length }, 'with a code');
    };
    const aloneRate = () => ours(alone.port, { logins, count: plenty }, 'the door alone');
    const onRun = progress('Logins with a code', runsOf(pairs));
    const code = await inPairs({ ours: withCode, peer: aloneRate }, { pairs, onRun });
    const parts = [
      rateOf(
        {
          name: 'with a code',
          ours: `Access-Request with a TOTP code after its password, ${IN_FLIGHT} in flight from a thread of its own: policy, throttles, and session and event durable on SQLite before the answer; per second of the server thread's processor time`,
          against: `${WANTED} a second on one core; beside it, the door alone`,
          unit: '/s',
        },
        code,
        WANTED,
        figures(/with a code/),
      ),
    ];
    if (peers === undefined) return parts;
    const { stripped, stock } = peers;
    const beside: Pair[] = await inPairs(
      {
        ours: aloneRate,
        async peer() {
          const rate = await stripped.rate();
          stocks.push(await stock.rate());
          return rate;
        },
      },
      { pairs, onRun: progress('Beside FreeRADIUS', runsOf(pairs)) },
    );
    parts.push(
      shareOf(
        {
          name: 'without a code',
          ours: 'the door alone, with a password compared in memory: packets read, checked, answered and signed; per second of the server thread’s processor time',
          against:
            'FreeRADIUS stripped to a file of users and PAP, without a log, by the processor time of all its threads',
          unit: '/s',
        },
        beside,
        SHARE,
        [
          { what: 'FreeRADIUS as Debian ships it', value: median(stocks.slice(1)), unit: '/s' },
          ...figures(/FreeRADIUS|alone/),
        ],
      ),
    );
    return parts;
  } finally {
    await Promise.all([
      alone.close(),
      whole.close(),
      peers?.stripped.close(),
      peers?.stock.close(),
    ]);
  }
}

const nothing = {
  clientByCertificate: async () => undefined,
  unheard: async () => {
    throw new Error('a request was not heard');
  },
  told: async () => {},
  unused: async () => {},
  onChanged: () => {},
  unjudged: async () => {},
  hold: async () => ({ state: 'refused', reason: 'not-asked' }) as const,
  collect: async () => ({ state: 'refused', reason: 'attempt-over' }) as const,
  withdraw: async () => {},
  prove: async () => ({ state: 'refused', reason: 'wrong' }) as const,
  admit: async () => ({ state: 'refused', reason: 'wrong' }) as const,
  account: async () => {},
  command: async () => ({ state: 'refused', reason: 'unavailable' }) as const,
  stands: async () => false,
  sessionOf: async () => undefined,
  onEnded: () => {},
};

/** A gate that knows one password. */
function doorAlone(client: BenchSwitch): Network {
  const login = {
    session: '01893a5c-0000-7000-8000-000000000001' as never, // Has the form of one.
    subject: '' as never,
    name: '',
    groups: [],
    roles: [],
    until: Number.MAX_SAFE_INTEGER,
    attributes: {},
  };
  return {
    ...nothing,
    client: async () => client,
    async logIn(_login, _arrival, offer) {
      const { password } = (offer?.data ?? {}) as { password?: string }; // As the door offers it.
      return password === PASSWORD
        ? { state: 'granted', login }
        : { state: 'refused', reason: 'wrong' };
    },
  };
}

/** Everybody's password, unmeasured, and the code with which they go on. */
async function challenges(
  { clock }: BenchHouse,
  load: Load<RadiusLoad, RadiusLoaded>,
  port: number,
  secret: string,
  logins: readonly RadiusLogin[],
): Promise<RadiusLogin[]> {
  clock.nextCode();
  const { states } = await load.ask({
    port,
    secret,
    logins,
    count: logins.length,
    inFlight: IN_FLIGHT,
    wanted: 'challenge',
    signed: true,
  });
  const now = clock.now();
  return logins.map((login, number) => {
    const state = states[number];
    if (state === undefined) throw new Error(`${login.name} was not challenged`);
    return { ...login, password: codeAt(number, now), state };
  });
}
