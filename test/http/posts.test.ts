import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Answered } from '../../server/http/app.ts';
import { FORM_TYPE } from '../../server/http/bodies.ts';
import { parseFormBytes } from '../../server/http/form.ts';
import type { HttpDoor } from '../../server/http/http-door.ts';
import type { Post, PostReply, PostRequest } from '../../server/http/posts.ts';
import { rawExchange, startListener, type TestListener } from '../support/http-listener.ts';

/** Which way each request took, as the door saw them. */
const ways: string[] = [];

async function answer(request: PostRequest, reply: PostReply): Promise<unknown> {
  const { fields } = request.body as { fields: ReadonlyMap<string, string> }; // As both ways read it.
  if (fields.has('fault')) throw new Error('the database said: secret-detail');
  const { address } = request.source;
  return reply
    .code(201)
    .header('x-own', 'here')
    .send(`${address} ${fields.get('name')} é`);
}

const refuse: Post['refuse'] = (request, reply, { status, code }) => {
  const { fields } = (request.body ?? { fields: new Map() }) as { fields: Map<string, string> }; // As above.
  if (fields.has('unspeakable')) throw new Error('no word for it');
  reply.code(status).send(code);
};

const door: HttpDoor = {
  id: 'echo',
  prefix: '/',
  posts: [
    {
      path: '/form',
      type: FORM_TYPE,
      most: 64,
      read: parseFormBytes,
      answer(request, reply) {
        ways.push('at once');
        const { fields } = request.body as { fields: ReadonlyMap<string, string> }; // As above.
        if (fields.has('early')) throw new Error('before it was a promise');
        return answer(request, reply);
      },
      refuse,
    },
  ],
  mount(app) {
    app.post('/form', { bodyLimit: 64 }, (request, reply) => {
      ways.push('routed');
      return answer(request, reply);
    });
  },
  refuse,
};

describe('posts of programs', () => {
  let server: TestListener;
  const answered: Answered[] = [];
  before(async () => {
    server = await startListener(() => [door], {}, { onAnswered: (each) => answered.push(each) });
  });
  after(() => server.listener.stop());

  /** What comes of it, and which way it took. */
  async function send(lines: readonly string[], body: string) {
    ways.length = 0;
    const head = [...lines, 'connection: close'].join('\r\n');
    const text = await rawExchange(server.port, `${head}\r\n\r\n${body}`);
    return { status: Number(text.slice(9, 12)), text, way: ways.join() };
  }
  const host = () => `host: localhost:${server.port}`;
  const type = `content-type: ${FORM_TYPE}`;
  const length = (body: string) => `content-length: ${body.length}`;
  const BODY = 'name=ada';

  test('an honest one is answered at once, in the words and with the headers that the router gives', async () => {
    const lines = ['POST /form HTTP/1.1', host(), type, length(BODY)];
    const own = await send(lines, BODY);
    assert.equal(own.way, 'at once');
    const routed = await send(
      ['POST /form HTTP/1.1', host(), type, length(BODY), 'expect: 100-continue'],
      BODY,
    );
    assert.equal(routed.way, 'routed');
    const shapeOf = (text: string) => {
      const [head = '', body] = text.slice(text.lastIndexOf('HTTP/1.1 201')).split('\r\n\r\n');
      const names = head
        .split('\r\n')
        .map((line) => line.replace(/^(x-request-id|date): .*/i, '$1').toLowerCase());
      return { names: names.filter((name) => !name.startsWith('content-type')).sort(), body };
    };
    assert.deepEqual(shapeOf(own.text), shapeOf(routed.text));
    assert.match(own.text, /x-frame-options: DENY/i);
    assert.match(own.text, /x-request-id: [0-9a-f-]{36}/i);
    const [first, second] = answered.slice(-2);
    assert.deepEqual({ ...first, milliseconds: 0 }, { ...second, milliseconds: 0 });
  });

  test('whatever is out of the ordinary goes the way of all others, and is refused there', async () => {
    const first = 'POST /form HTTP/1.1';
    const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
    const long = `name=${'a'.repeat(64)}`;
    const cases: [string, readonly string[], string, number][] = [
      ['another host', [first, 'host: evil.example', type, length(BODY)], BODY, 421],
      ['a doubled header', [first, host(), type, type, length(BODY)], BODY, 400],
      ['another type', [first, host(), 'content-type: text/plain', length(BODY)], BODY, 415],
      ['too much', [first, host(), type, length(long)], long, 413],
      ['a question', ['POST /form?x=1 HTTP/1.1', host(), type, length(BODY)], BODY, 201],
      ['pieces', [first, host(), type, 'transfer-encoding: chunked'], chunked, 201],
    ];
    for (const [name, lines, body, status] of cases) {
      const got = await send(lines, body);
      assert.equal(got.status, status, name);
      assert.notEqual(got.way, 'at once', name);
    }
  });

  test('a body that can be read in two ways is refused, and a fault tells nothing', async () => {
    const twice = 'name=a&name=b';
    const lines = (body: string) => ['POST /form HTTP/1.1', host(), type, length(body)];
    const doubled = await send(lines(twice), twice);
    assert.equal(doubled.status, 400);
    assert.equal(doubled.way, '');
    const fault = await send(lines('fault=1'), 'fault=1');
    assert.equal(fault.status, 500);
    assert.doesNotMatch(fault.text, /secret-detail/);
  });

  test('a fault ends its own request, wherever it comes up, and nobody else’s', async () => {
    const lines = (body: string) => ['POST /form HTTP/1.1', host(), type, length(body)];
    const early = await send(lines('early=1'), 'early=1');
    assert.equal(early.status, 500);
    const unspeakable = 'fault=1&unspeakable=1';
    const cut = await send(lines(unspeakable), unspeakable);
    assert.equal(cut.text, '');
    const next = await send(lines(BODY), BODY);
    assert.equal(next.status, 201);
  });

  test('who goes away in the middle is forgotten, and who sends slowly is read whole', async () => {
    const lines = ['POST /form HTTP/1.1', host(), type, 'content-length: 20'];
    ways.length = 0;
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(`${lines.join('\r\n')}\r\n\r\nname=`, () => socket.destroy());
      });
      socket.once('close', () => resolve());
    });
    const slow = await new Promise<string>((resolve) => {
      let got = '';
      const socket = connect(server.port, '127.0.0.1', () => {
        const head = ['POST /form HTTP/1.1', host(), type, length(BODY), 'connection: close'];
        socket.write(`${head.join('\r\n')}\r\n\r\n${BODY.slice(0, 5)}`, () =>
          setImmediate(() => socket.write(BODY.slice(5))),
        );
      });
      socket.on('data', (part) => {
        got += part;
      });
      socket.once('close', () => resolve(got));
    });
    assert.match(slow, /201[\s\S]* ada é/);
    assert.deepEqual(ways, ['at once']);
  });
});
