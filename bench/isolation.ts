/**
 * Whether one door's crowd makes another door's people wait: web sign-ins while network devices send as many logins as are taken, and
 * logins at network devices while as many sign in on the web. Both hash passwords, which is the scarcest that they share.
 */
import { type Bench, type BenchRun, type Part, within } from './bench.ts';
import { inFlight } from './flight.ts';
import { arrivalOf } from './house/arrival.ts';
import { benchDatabase } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addressOf, nameOf, PASSWORD } from './house/bench-people.ts';
import { addSwitch, openDoor, operators } from './house/bench-radius.ts';
import { type Load, startLoad } from './house/load.ts';
import type { RadiusLoad, RadiusLoaded } from './house/radius-load.ts';
import { quantile } from './pair.ts';

const CROWD = 32;
const TWICE = 2;

export const isolation: Bench = {
  name: 'isolation',
  says: 'How much longer people of one door wait while another door has all that it takes.',
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
  { quick, pairs, progress }: BenchRun,
): Promise<Part[]> {
  const few = quick ? 15 : 60;
  const crowd = 8 * few;
  const client = await addSwitch(opened);
  const people = await operators(opened, crowd + few, progress('People', crowd + few));
  const [waiting, many] = [people.slice(0, few), people.slice(few)];
  const door = await openDoor(opened, opened.house.gate.network);
  const { gate } = opened.house;

  const signIn = async ({ number }: { readonly number: number }) => {
    const arrival = arrivalOf(number);
    const asked = await gate.ask({ to: 'signIn', identifier: nameOf(number) }, arrival);
    if (asked.state !== 'challenged') throw new Error(`a sign-in was ${asked.state}`);
    const offer = { kind: 'password', data: { password: PASSWORD } } as const;
    const outcome = await gate.prove(asked.attempt.token, offer, arrival);
    if (outcome.state !== 'challenged') throw new Error(`a password was ${outcome.state}`);
  };
  const logins = (some: typeof people, width: number): RadiusLoad => ({
    port: door.port,
    secret: client.text,
    logins: some.map(({ number }) => ({
      name: nameOf(number),
      password: PASSWORD,
      station: addressOf(number),
    })),
    count: some.length,
    inFlight: width,
    wanted: 'challenge',
    signed: true,
  });
  const middle = (latencies: readonly number[]) => quantile(latencies, 0.5);
  const webAlone = async () => middle((await inFlight(1, waiting, signIn)).latencies);
  const radiusAlone = async () => middle((await load.ask(logins(waiting, 1))).latencies);

  const onRun = progress('With and without a crowd', 2 * (pairs + 1));
  const web = { alone: [] as number[], among: [] as number[] };
  const network = { alone: [] as number[], among: [] as number[] };
  try {
    for (let i = 0; i <= pairs; i++) {
      web.alone.push(await webAlone());
      const crowded = load.ask(logins(many, CROWD));
      web.among.push(await webAlone());
      await crowded;
      onRun();
      network.alone.push(await radiusAlone());
      const signing = inFlight(CROWD, many, signIn);
      network.among.push(await radiusAlone());
      await signing;
      onRun();
    }
  } finally {
    await door.close();
  }
  const part = (name: string, ours: string, { alone, among }: typeof web) =>
    within(
      { name, ours, against: 'twice as long as alone', unit: 'times' },
      // The first is to warm up.
      among.slice(1).map((value, i) => value / (alone[i + 1] ?? Number.NaN)),
      TWICE,
      [
        { what: 'alone', value: quantile(alone.slice(1), 0.5), unit: 'ms' },
        { what: 'among them', value: quantile(among.slice(1), 0.5), unit: 'ms' },
      ],
    );
  return [
    part(
      'web sign-ins',
      `the median of a password on the web, one after another, while ${CROWD} logins by RADIUS are under way`,
      web,
    ),
    part(
      'logins by RADIUS',
      `the median of a password by RADIUS, one after another, while ${CROWD} web sign-ins are under way`,
      network,
    ),
  ];
}
