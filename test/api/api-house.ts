/** A whole house behind the API door on a real port, and a client that holds every answer to the contract. */
import assert from 'node:assert/strict';
import type { Operation } from '@sallyport/contract/api/operation.ts';
import { API_PREFIX, type OperationName, operations } from '@sallyport/contract/api/operations.ts';
import { Problem } from '@sallyport/contract/api/parts.ts';
import { problemsOf } from '@sallyport/contract/api/problems-of.ts';
import { type ProblemCode, problems, problemType } from '@sallyport/contract/problems.ts';
import type { FastifyInstance } from 'fastify';
import { createApiDoor } from '../../server/doors/api/api-door.ts';
import { type CsrfTokens, createCsrfTokens } from '../../server/http/csrf.ts';
import type { ListenerOptions } from '../../server/http/listener.ts';
import { outOfReach } from '../../server/http/outside-address.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { startListener, type TestListener } from '../support/http-listener.ts';

export interface Sent {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what it is was checked against the contract, and tests say what they expect.
  readonly body: any;
  readonly headers: Headers;
}

export interface ApiHouse extends TestHouse {
  readonly listener: TestListener;
  readonly csrf: CsrfTokens;
  /** Calls an operation; whatever comes back must be what the contract says of it. */
  call(name: OperationName, sent?: Sent): Promise<Answered>;
  /** The same, and it must have gone well. */
  done(name: OperationName, sent?: Sent): Promise<Answered['body']>;
  /** The same, and it must be this problem. */
  problem(code: ProblemCode, name: OperationName, sent?: Sent): Promise<Answered>;
  url(path: string): string;
}

export async function openApiHouse(
  settings: Partial<HouseSettings> = {},
  options: Partial<ListenerOptions> = {},
  onMount: (app: FastifyInstance) => void = () => {},
): Promise<ApiHouse> {
  const test = await openTestHouse(settings, { outOfReach: outOfReach({}) });
  const { house } = test;
  const csrf = createCsrfTokens(new Uint8Array(32));
  let served: FastifyInstance | undefined;
  const listener = await startListener(({ origin, secure }) => {
    const key = house.vault.derive('api');
    const trustedNetwork = () => false;
    const door = createApiDoor({
      ...house,
      ...house.oauth,
      key,
      csrf,
      origin,
      secure,
      trustedNetwork,
      registration: () => null,
    });
    const mount = (app: FastifyInstance) => {
      served = app;
      onMount(app);
      door.mount(app);
    };
    return [{ ...door, mount }];
  }, options);

  // Where it listens, whatever address browsers are told.
  const address = served?.server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = (path: string) => `http://localhost:${port}${API_PREFIX}${path}`;

  async function call(name: OperationName, sent: Sent = {}): Promise<Answered> {
    const operation: Operation = operations[name];
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, part: string) =>
      encodeURIComponent(sent.params?.[part] ?? ''),
    );
    const query = new URLSearchParams(
      Object.entries(sent.query ?? {}).map(([key, value]): [string, string] => [
        key,
        String(value),
      ]),
    );
    const response = await fetch(url(path) + (query.size > 0 ? `?${query}` : ''), {
      method: operation.method,
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      headers: {
        ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(sent.token === undefined ? {} : { authorization: `Bearer ${sent.token}` }),
        ...(sent.key === undefined ? {} : { 'idempotency-key': sent.key }),
        ...sent.headers,
      },
    });
    const text = await response.text();
    const { status, headers } = response;
    const body = readBody(text, headers);
    if (status < 400) holdAnswer(operation, status, headers, body);
    else holdProblem(status, headers, body, problemsOf(operation));
    return { status, body, headers };
  }

  return {
    ...test,
    listener,
    csrf,
    url,
    call,
    async done(name, sent) {
      const { status, body } = await call(name, sent);
      assert.ok(status < 300, `${name}: ${status} ${JSON.stringify(body)}`);
      return body;
    },
    async problem(code, name, sent) {
      const answer = await call(name, sent);
      assert.equal(answer.body?.code, code, `${name}: ${JSON.stringify(answer.body)}`);
      return answer;
    },
    async close() {
      await listener.listener.stop();
      await test.close();
    },
  };
}

function readBody(text: string, headers: Headers): unknown {
  if (headers.get('content-type') !== 'application/x-ndjson') {
    return text === '' ? undefined : JSON.parse(text);
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function holdAnswer({ answer }: Operation, status: number, headers: Headers, body: unknown): void {
  assert.equal(status, answer.status);
  if (answer.line !== undefined) {
    assert.equal(headers.get('content-type'), 'application/x-ndjson');
    assert.ok(Array.isArray(body));
    for (const line of body) answer.line.parse(line);
    return;
  }
  if (answer.body === undefined) {
    assert.equal(body, undefined);
    return;
  }
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  const read = answer.body.safeParse(body);
  assert.ok(read.success, `${JSON.stringify(body)}: ${read.error?.message}`);
}

function holdProblem(
  status: number,
  headers: Headers,
  body: unknown,
  possible: readonly ProblemCode[],
): void {
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(headers.get('cache-control'), 'no-store');
  const problem = Problem.parse(body);
  const code = problem.code as ProblemCode; // The schema knows these alone.
  assert.ok(possible.includes(code), `${code} is not among the problems of this operation`);
  const { status: expected, title, members = {} } = { members: undefined, ...problems[code] };
  assert.equal(status, expected);
  assert.equal(problem.status, status);
  assert.equal(problem.title, title);
  assert.equal(problem.type, problemType(code));
  assert.equal(problem.instance, `urn:uuid:${headers.get('x-request-id')}`);
  const standard = ['type', 'code', 'title', 'status', 'detail', 'instance'];
  const known = new Set([...standard, ...Object.keys(members)]);
  for (const member of Object.keys(problem)) assert.ok(known.has(member), `${code}: ${member}`);
  if (status === 401) assert.match(headers.get('www-authenticate') ?? '', /^Bearer /);
  if ('retryAfter' in problem) {
    assert.equal(headers.get('retry-after'), String(problem.retryAfter));
  }
}
