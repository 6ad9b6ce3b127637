/**
 * The proxy door: what each request to a site costs us, with a person's cookie and with a process's token, on the way that a proxy
 * takes; how long it takes when asked for at four fifths of what is wanted; and what nginx does that asks us about each request,
 * beside nginx that asks a second nginx.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SiteDetail } from '@sallyport/contract/resources.ts';
import { type Bench, type BenchRun, type Part, rateOf, shareOf, within } from './bench.ts';
import { inFlight } from './flight.ts';
import { arrivalOf } from './house/arrival.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchDoors } from './house/bench-doors.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addPeople } from './house/bench-people.ts';
import type { CheckLoad, CheckLoaded } from './house/check-load.ts';
import { type Load, startLoad } from './house/load.ts';
import { asking, findNginx, startNginx, yes } from './house/nginx.ts';
import { openTotpSteps } from './house/totp-steps.ts';
import { inPairs, quantile, runsOf } from './pair.ts';

const PEOPLE = 100;
const WANTED = 40_000;
const P99 = 3;
const SHARE = 0.5;
const CONNECTIONS = 32;
const HOST = 'wiki.example.com';

export const proxy: Bench = {
  name: 'proxy',
  says: 'Requests to a site behind a proxy, each asked about; beside a bare node:http, and beside nginx that asks nginx.',
  async run(run) {
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    const doors = await openBenchDoors(opened, { proxy: { trusted: ['127.0.0.0/8', '::1'] } });
    const load = startLoad<CheckLoad, CheckLoaded>(
      new URL('./house/check-load.ts', import.meta.url),
    );
    try {
      const site = await addWiki(opened);
      const cookies = await cookiesOf(opened, run.quick ? 10 : PEOPLE);
      const tokens = await tokensOf(opened, site, run.quick ? 10 : PEOPLE);
      // Nothing is written meanwhile: a check that follows a commit reads a row again.
      await opened.house.sequencer.settle();
      await opened.house.sequencer.stop();
      const port = Number(new URL(doors.origin).port);
      const parts = [
        await inside('a session', port, cookies, load, run),
        await inside('a token', port, tokens, load, run),
        await latency(port, cookies, load, run),
      ];
      if (findNginx() !== undefined) parts.push(await throughNginx(port, cookies, load, run));
      return parts;
    } finally {
      await load.close();
      await doors.close();
      await opened.close();
      await database.close();
    }
  },
};

/** As nginx asks. */
const check = (shown: string) =>
  `GET /gate/check HTTP/1.1\r\nHost: asked\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ${HOST}\r\nX-Forwarded-Uri: /pages/1\r\nX-Forwarded-For: 192.0.2.7\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nAccept-Language: en\r\n${shown}\r\n\r\n`;

async function inside(
  what: string,
  port: number,
  shown: readonly string[],
  load: Load<CheckLoad, CheckLoaded>,
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const count = quick ? 5000 : 100_000;
  const requests = shown.map(check);
  const answered = await fetch(`http://127.0.0.1:${port}/gate/check`, headersOf(requests[0] ?? ''));
  if (answered.status !== 200) throw new Error(`${what} was answered ${answered.status}`);
  const bare = await answering(answered.headers);
  const rate = async (at: number) => {
    const before = process.threadCpuUsage();
    await load.ask({ port: at, connections: CONNECTIONS, count, requests });
    const { user, system } = process.threadCpuUsage(before);
    return (count * 1_000_000) / (user + system);
  };
  try {
    const measured = await inPairs(
      { ours: () => rate(port), peer: () => rate(bare.port) },
      { pairs, onRun: progress(`Checks with ${what}`, runsOf(pairs)) },
    );
    return rateOf(
      {
        name: `with ${what}`,
        ours: `GET /gate/check with ${what}, of ${shown.length} in turns, ${CONNECTIONS} connections from a thread of their own, per second of the server thread's processor time`,
        against: `${WANTED} a second on one core; beside it, a bare node:http that gives the same headers`,
        unit: '/s',
      },
      measured,
      WANTED,
    );
  } finally {
    bare.close();
  }
}

/** A bare node:http that gives the same headers of ours. */
async function answering(answered: Headers): Promise<{ port: number; close(): void }> {
  const names = [...answered].filter(([name]) => name.startsWith('x-sallyport'));
  const headers = ['Content-Length', '0', ...names.flat()];
  const bare = http.createServer((request, response) => {
    request.resume();
    response.writeHead(200, headers);
    response.end();
  });
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  return {
    port: (bare.address() as AddressInfo).port, // Of a server that listens on a port.
    close() {
      bare.closeAllConnections();
      bare.close();
    },
  };
}

function headersOf(request: string): { headers: Record<string, string> } {
  const pairs = request
    .split('\r\n')
    .filter((line) => /^(?:X-|Cookie|Authorization)/.test(line))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  return { headers: Object.fromEntries(pairs) };
}

async function latency(
  port: number,
  shown: readonly string[],
  load: Load<CheckLoad, CheckLoaded>,
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const perSecond = 0.8 * WANTED;
  const onRun = progress('Checks at four fifths', pairs);
  const requests = shown.map(check);
  const measured: number[] = [];
  const theirs: number[] = [];
  const reached: number[] = [];
  const answered = await fetch(`http://127.0.0.1:${port}/gate/check`, headersOf(requests[0] ?? ''));
  const bare = await answering(answered.headers);
  const pace = async (at: number) => {
    const count = quick ? 5000 : 200_000;
    const common = { port: at, connections: CONNECTIONS, requests };
    // Whoever is at a site was judged before; newcomers come one by one.
    await load.ask({ ...common, count: 2 * requests.length });
    const done = await load.ask({ ...common, count, perSecond });
    return { p99: quantile(done.latencies, 0.99), reached: count / done.seconds };
  };
  try {
    for (let i = 0; i < pairs; i++) {
      const ours = await pace(port);
      measured.push(ours.p99);
      reached.push(ours.reached);
      // Whoever takes a core away for a moment delays hundreds of requests, of either.
      theirs.push((await pace(bare.port)).p99);
      onRun();
    }
  } finally {
    bare.close();
  }
  return within(
    {
      name: 'p99',
      ours: `the 99th percentile of GET /gate/check with a session, asked for ${perSecond} times a second`,
      against: `${P99} ms`,
      unit: 'ms',
    },
    measured,
    P99,
    [
      { what: 'reached', value: quantile(reached, 0.5), unit: '/s' },
      { what: 'a bare node:http, asked the same', value: quantile(theirs, 0.5), unit: 'ms' },
    ],
  );
}

async function throughNginx(
  port: number,
  shown: readonly string[],
  load: Load<CheckLoad, CheckLoaded>,
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const second = await startNginx(yes);
  const ours = await startNginx((at) => asking(at, port));
  const theirs = await startNginx((at) => asking(at, second.port));
  const requests = shown.map(
    (one) => `GET /pages/1 HTTP/1.1\r\nHost: ${HOST}\r\nAccept: text/html\r\n${one}\r\n\r\n`,
  );
  const rate = async (at: number) => {
    const count = quick ? 2000 : 50_000;
    const { seconds } = await load.ask({ port: at, connections: CONNECTIONS, count, requests });
    return count / seconds;
  };
  try {
    const measured = await inPairs(
      { ours: () => rate(ours.port), peer: () => rate(theirs.port) },
      { pairs, onRun: progress('Requests through nginx', runsOf(pairs)) },
    );
    return shareOf(
      {
        name: 'through nginx',
        ours: 'requests through nginx with one worker that asks us with auth_request, by the clock',
        against: 'the same, asking a second nginx that says yes to everything',
        unit: '/s',
      },
      measured,
      SHARE,
    );
  } finally {
    await Promise.all([ours.close(), theirs.close(), second.close()]);
  }
}

async function addWiki({ house }: BenchHouse) {
  const detail = SiteDetail.parse({
    hosts: [HOST],
    rules: [
      { path: '/*', function: 'read' },
      { path: '/admin/*', function: 'administer', sensitive: true },
      { path: '/public/*', function: 'look', public: true },
    ],
    // None is to be renewed while it is measured.
    cookieSeconds: 43_200,
  });
  const common = { name: 'wiki', groups: [], open: 'everyone', members: [] } as const;
  const added = await house.store.write((tx) =>
    house.resources.add(tx, { ...common, kind: 'site', detail }, { door: 'cli' }),
  );
  if (!added.ok) throw new Error(`no site: ${added.error.code}`);
  return added.value;
}

/** People who signed in and came to the site; what their browsers send. */
async function cookiesOf(opened: BenchHouse, count: number): Promise<string[]> {
  const { gate, sites } = opened.house;
  const people = await addPeople(opened, 0, count);
  const cookies: string[] = [];
  await inFlight(16, await openTotpSteps(opened, people), async ({ number, token, code }) => {
    const arrival = arrivalOf(number);
    const outcome = await gate.prove(token, { kind: 'totp', data: { code } }, arrival);
    if (outcome.state !== 'granted') throw new Error(`a sign-in was ${outcome.state}`);
    const way = hash('sha256', 'way', 'buffer');
    const wanted = { host: HOST, method: 'GET', path: '/', back: '/', way };
    const begun = await sites.begin(outcome.grant.session.token, wanted, arrival);
    if (begun.state !== 'granted') throw new Error(`an entry was ${begun.state}`);
    const entry = await sites.open(begun.value, 'way', HOST, arrival, undefined);
    if (!entry.ok) throw new Error(`a ticket was ${entry.error}`);
    cookies.push(`Cookie: sallyport-site=${entry.value.token}`);
  });
  return cookies;
}

async function tokensOf(
  { house }: BenchHouse,
  site: { readonly id: Parameters<BenchHouse['house']['resources']['get']>[1] },
  count: number,
): Promise<string[]> {
  const by = { door: 'cli' };
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = `robot-${i}`;
    const secret = await house.store.write(async (tx) => {
      const entries = [{ resource: site.id, scopes: [] }];
      const fresh = { name, owner: undefined, purpose: 'Measuring.', groups: [], entries };
      const process = await house.processes.add(tx, fresh, by);
      if (!process.ok) throw new Error(`no process: ${process.error.code}`);
      const terms = { kind: 'secret', name: 'secret', settings: {} } as const;
      const added = await house.processActs.addProof(tx, process.value.id, terms, by);
      if (!added.ok) throw new Error(`no secret: ${added.error.code}`);
      return added.value.secret ?? '';
    });
    const offers = [{ kind: 'secret', data: { secret } }] as const;
    const asked = { as: name, offers, scopes: [], audience: `https://${HOST}`, bound: undefined };
    const outcome = await house.oauth.processTokens.issue(asked, arrivalOf(i));
    if (outcome.state !== 'issued') throw new Error(`a token was ${outcome.reason}`);
    tokens.push(`Authorization: Bearer ${outcome.issued.token}`);
  }
  return tokens;
}
