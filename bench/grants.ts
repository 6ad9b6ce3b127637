/**
 * Processes and grants in great number: what tokens and introspection cost when a hundred thousand processes hold a million
 * grants, beside what they cost with a hundred and a thousand. As many ask, and as many tokens are asked about, on both sides.
 */
import { endGrant, grantForCheck } from '../server/gate/entry/grant-table.ts';
import { type Bench, type BenchRun, type Part, shareOf } from './bench.ts';
import { askToken } from './house/ask-token.ts';
import { addClients, type BenchClient, tokenForm } from './house/bench-clients.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchDoors } from './house/bench-doors.ts';
import { addManyClients, addManyGrants } from './house/bench-grants.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { createPosting } from './house/posting.ts';
import { inPairs, runsOf } from './pair.ts';

const FEW = { clients: 100, grants: 1000 };
const MANY = { clients: 100_000, grants: 1_000_000 };
const QUICK = { clients: 2000, grants: 20_000 };
/** With so many, either is to take at most 1.2 times as long. */
const GOAL = 0.83;
const TOKEN_CONNECTIONS = 32;
const INTROSPECT_CONNECTIONS = 16;
/** Processes that ask one time each, once the pairs are run. */
const OTHERS = 5000;

interface Size {
  readonly clients: number;
  readonly grants: number;
}

type Posting = ReturnType<typeof createPosting>;
type Filled = Awaited<ReturnType<typeof open>>;

export const grants: Bench = {
  name: 'grants',
  says: 'Tokens and introspection with 100,000 clients and a million grants, beside 100 and a thousand.',
  async run(run) {
    const size = run.quick ? QUICK : MANY;
    const posting = createPosting();
    const opened: Filled[] = [];
    try {
      const small = await open(FEW, run);
      opened.push(small);
      const large = await open(size, run);
      opened.push(large);
      const sides = { small, large, size, posting };
      return [
        await tokens(sides, run),
        await introspections(sides, run, 'kept'),
        await introspections(sides, run, 'anew'),
      ];
    } finally {
      await posting.close();
      for (const each of opened) await each.close();
    }
  },
};

interface Measured {
  readonly small: Filled;
  readonly large: Filled;
  readonly size: Size;
  readonly posting: Posting;
}

async function tokens({ small, large, size, posting }: Measured, run: BenchRun): Promise<Part> {
  const count = run.quick ? 1000 : 10_000;
  const rate = async (side: Filled, clients: readonly BenchClient[], times: number) => {
    const { house, clock } = side.opened;
    await house.sequencer.settle();
    const issuer = house.oauth.issuer();
    const now = clock.now();
    const forms = Array.from({ length: times }, (_, i) =>
      tokenForm(clients[i % clients.length]!, issuer, now),
    );
    const load = { port: side.port, path: '/oidc/token', headers: '', forms };
    return (await posting.post({ ...load, connections: TOKEN_CONNECTIONS })).perCore;
  };
  const measured = await inPairs(
    {
      ours: () => rate(large, large.asking, count),
      peer: () => rate(small, small.asking, count),
    },
    { pairs: run.pairs, onRun: run.progress('Tokens', runsOf(run.pairs)) },
  );
  const others = await rate(large, large.others, large.others.length);
  return shareOf(
    {
      name: 'tokens',
      ours: `POST /oidc/token of ${FEW.clients} clients, ${TOKEN_CONNECTIONS} connections, on SQLite with ${words(size)}, per second of the processor time of all that answers`,
      against: `the same with ${words(FEW)}`,
      unit: '/s',
    },
    measured,
    GOAL,
    [{ what: `the first of each of ${large.others.length} more`, value: others, unit: '/s' }],
  );
}

const BETWEEN = {
  kept: { name: 'introspection', says: 'somebody is granted something between two rounds' },
  anew: {
    name: 'introspection, each read anew',
    says: 'a grant ends between two rounds, so that none is kept',
  },
} as const;

async function introspections(
  { small, large, size, posting }: Measured,
  run: BenchRun,
  between: keyof typeof BETWEEN,
): Promise<Part> {
  const { name, says } = BETWEEN[between];
  const rounds = run.quick ? 2 : 20;
  const rate = async (side: Filled) => {
    let spent = 0;
    for (let i = 0; i < rounds; i++) {
      await side.grant(between === 'anew');
      const headers = `authorization: Bearer ${side.own}\r\n`;
      const load = { port: side.port, path: '/oidc/introspect', headers, forms: side.asked };
      spent += 1 / (await posting.post({ ...load, connections: INTROSPECT_CONNECTIONS })).perCore;
    }
    return rounds / spent;
  };
  const measured = await inPairs(
    { ours: () => rate(large), peer: () => rate(small) },
    { pairs: run.pairs, onRun: run.progress(BETWEEN[between].name, runsOf(run.pairs)) },
  );
  return shareOf(
    {
      name,
      ours: `POST /oidc/introspect of ${FEW.grants} opaque tokens, each asked about once a round, ${INTROSPECT_CONNECTIONS} connections; ${says}; on SQLite with ${words(size)}, per second of the processor time of all that answers`,
      against: `the same with ${words(FEW)}`,
      unit: '/s',
    },
    measured,
    GOAL,
  );
}

async function open(size: Size, { progress }: BenchRun) {
  const database = await benchDatabase('sqlite');
  const opened = await openBenchHouse(database);
  const doors = await openBenchDoors(opened);
  async function close() {
    await doors.close();
    await opened.close();
    await database.close();
  }
  try {
    const { house, store, clock } = opened;
    const api = await addClients(opened, [], 'opaque');
    const keep = Math.min(size.clients, FEW.clients + OTHERS);
    const wanted = { count: size.clients, keep };
    const clients = await addManyClients(opened, api, wanted, progress('Clients', size.clients));
    const asking = spread(clients.kept, FEW.clients);
    const others = clients.kept.filter((client) => !asking.includes(client)).slice(0, OTHERS);
    const [first] = asking;
    if (first === undefined) throw new Error('there is no client');
    const given = await askToken(doors.origin, opened, first, 'read');
    const grant = house.oauth.accessTokens.read(given, clock.now())?.grant;
    const row = grant && (await store.read((q) => q.one(grantForCheck, { id: grant })));
    if (row === undefined) throw new Error('a token without a grant');
    const { status: _status, subject_epoch: _epoch, session_ended_at: _ended, ...like } = row;
    const filling = { count: size.grants, like };
    const ids = await addManyGrants(opened, filling, clients.ids, progress('Grants', size.grants));
    const own = await askToken(doors.origin, opened, first, 'introspect');
    const asked = spread(ids, FEW.grants).map(
      (id) => `token=${house.oauth.accessTokens.opaque(id)}`,
    );
    const side = { opened, port: Number(new URL(doors.origin).port), asking, others, own, asked };
    await areGood(doors.origin, side);
    return {
      ...side,
      close,
      grant: (ends: boolean) => grantAnother(opened, doors.origin, first, ends),
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Another token, of a grant that ends again where that is wanted: then what is kept of any grant is read again. */
async function grantAnother(
  opened: BenchHouse,
  origin: string,
  client: BenchClient,
  ends: boolean,
): Promise<void> {
  const { house, store, clock } = opened;
  const given = await askToken(origin, opened, client, 'read');
  const grant = house.oauth.accessTokens.read(given, clock.now())?.grant;
  if (grant === undefined) throw new Error('a token without a grant');
  if (ends) await store.write((tx) => tx.run(endGrant, { id: grant, now: clock.now() }));
}

/** What is refused is answered sooner: a bench of that would tell nothing. */
async function areGood(
  origin: string,
  { own, asked }: { readonly own: string; readonly asked: readonly string[] },
): Promise<void> {
  for (const body of [asked[0], asked.at(-1)]) {
    const answer = await fetch(`${origin}/oidc/introspect`, {
      method: 'POST',
      body: body ?? '',
      headers: {
        authorization: `Bearer ${own}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    const text = await answer.text();
    if (!text.startsWith('{"active":true')) throw new Error(`a token was answered ${text}`);
  }
}

/** So many of them, from all over. */
function spread<T>(all: readonly T[], count: number): T[] {
  const apart = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, i) => i % apart === 0).slice(0, count);
}

function words({ clients, grants }: Size): string {
  return `${clients.toLocaleString('en')} clients and ${grants.toLocaleString('en')} live grants`;
}
