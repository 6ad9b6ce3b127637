/** Where the browser comes back to while somebody signs in at the command line: any page on this computer can knock there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Loopback, listenOnLoopback } from '../../server/main/remote/loopback.ts';

describe('the address that the browser comes back to', () => {
  let loopback: Loopback;
  let own = true;
  let port: number;
  before(async () => {
    loopback = await listenOnLoopback('/callback', 'the-state', () => own);
    port = Number(new URL(loopback.redirectUri).port);
  });
  after(() => loopback.stop());

  /** Sent as it stands, as browsers do with what they take for a path. */
  function knock(target: string, host = `127.0.0.1:${port}`): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let said = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      socket.on('close', () => resolve(said)).on('error', reject);
      socket.end(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
  }

  for (const target of ['//[', '//', 'http://[', '//:99999999', '/callback?state=other', '/else']) {
    it(`waits on when somebody asks for ${target}`, async () => {
      assert.match(await knock(target), /^HTTP\/1\.1 404 /);
    });
  }

  it('waits on when it is called by another name', async () => {
    const said = await knock('/callback?state=the-state&code=theirs', `evil.example:${port}`);
    assert.match(said, /^HTTP\/1\.1 404 /);
  });

  it('waits on when a browser of somebody else comes, whose answer would be theirs', async () => {
    own = false;
    assert.match(await knock('/callback?state=the-state&code=theirs'), /^HTTP\/1\.1 403 /);
    own = true;
  });

  it('takes the answer with its state, after all of that', async () => {
    assert.match(await knock('/callback?state=the-state&code=mine'), /^HTTP\/1\.1 200 /);
    assert.equal((await loopback.answer)?.get('code'), 'mine');
  });

  for (const [sent, what] of [
    ['', 'says nothing, as browsers open one ahead of time'],
    ['GET / HTTP/1.1\r\n', 'never ends its request'],
  ] as const) {
    it(`holds nobody up by a connection that ${what}`, { timeout: 60_000 }, async () => {
      const one = await listenOnLoopback('/callback', 'the-state', () => own);
      const held = connect(Number(new URL(one.redirectUri).port), '127.0.0.1');
      held.on('error', () => {}).resume();
      await once(held, 'connect');
      held.write(sent);
      const answer = await fetch(`${one.redirectUri}?state=the-state&code=mine`);
      assert.equal(answer.status, 200);
      assert.equal((await one.answer)?.get('code'), 'mine');
      one.stop();
      await once(held, 'close');
      assert.match(await answer.text(), /You can close this/);
    });
  }
});
