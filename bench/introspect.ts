/**
 * Introspection (RFC 7662) over HTTP: an API asks whether tokens are good, with a token of its own for being that API. Beside it a
 * bare route that reads the same form and gives as many bytes.
 */
import fastify from 'fastify';
import { readForms } from '../server/doors/oidc/form.ts';
import { type Bench, type BenchRun, type Part, rateOf } from './bench.ts';
import { askToken } from './house/ask-token.ts';
import { addClients, makeClient } from './house/bench-clients.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchDoors } from './house/bench-doors.ts';
import { openBenchHouse } from './house/bench-house.ts';
import { createPosting } from './house/posting.ts';
import { inPairs, runsOf } from './pair.ts';

const WANTED = 5000;
const CONNECTIONS = 16;
const TOKENS = 500;

export const introspect: Bench = {
  name: 'introspect',
  says: 'Questions of an API whether tokens are good, JWT and opaque, over HTTP.',
  async run(run) {
    return [await measure('jwt', run), await measure('opaque', run)];
  },
};

async function measure(
  format: 'jwt' | 'opaque',
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const count = quick ? 2000 : 20_000;
  const database = await benchDatabase('sqlite');
  const opened = await openBenchHouse(database);
  const doors = await openBenchDoors(opened);
  const posting = createPosting();
  const client = makeClient('client');
  const bare = fastify();
  try {
    await addClients(opened, [client], format);
    const own = await askToken(doors.origin, opened, client, 'introspect');
    const tokens: string[] = [];
    for (let i = 0; i < (quick ? 50 : TOKENS); i++) {
      tokens.push(await askToken(doors.origin, opened, client, 'read'));
    }
    const forms = Array.from({ length: count }, (_, i) => `token=${tokens[i % tokens.length]}`);
    const headers = `authorization: Bearer ${own}\r\n`;
    const path = '/oidc/introspect';
    const answer = await fetch(`${doors.origin}${path}`, {
      method: 'POST',
      body: forms[0] ?? '',
      headers: {
        authorization: `Bearer ${own}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    const body = await answer.text();
    if (!body.startsWith('{"active":true')) throw new Error(`a token was answered ${body}`);
    readForms(bare);
    bare.post(path, (_, reply) => reply.type('application/json').send(body));
    const theirs = Number(new URL(await bare.listen({ host: '127.0.0.1', port: 0 })).port);
    const ours = Number(new URL(doors.origin).port);
    const rate = async (port: number) =>
      (await posting.post({ port, path, headers, connections: CONNECTIONS, forms })).perCore;
    const measured = await inPairs(
      { ours: () => rate(ours), peer: () => rate(theirs) },
      { pairs, onRun: progress(`Introspection, ${format}`, runsOf(pairs)) },
    );
    return rateOf(
      {
        name: format,
        ours: `POST /oidc/introspect of ${tokens.length} tokens (${format}), ${CONNECTIONS} connections from a thread of their own, per second of the processor time of all that answers`,
        against: `${WANTED} a second on one core; beside it, a bare fastify route that reads the same form`,
        unit: '/s',
      },
      measured,
      WANTED,
    );
  } finally {
    await posting.close();
    await bare.close();
    await doors.close();
    await opened.close();
    await database.close();
  }
}
