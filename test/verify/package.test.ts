/** The package as others get it: compiled, installed beside jose, used from plain JavaScript, and its examples as they stand. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { AUDIENCE, type Issuer, startIssuer, wallClock } from './issuer.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TSC = join(ROOT, 'node_modules/.bin/tsc');

/** As far as the example goes: express itself is not among our packages. */
const EXPRESS = `
import { createServer } from 'node:http';
export default () => {
  const routes = [];
  return {
    get: (path, ...handlers) => routes.push({ path, handlers }),
    listen: (port) => createServer((request, response) => {
      const handlers = routes.find(({ path }) => path === request.url)?.handlers ?? [];
      const run = (at) => handlers[at]?.(request, response, () => run(at + 1));
      run(0);
    }).listen(port),
  };
};`;

/** The platform of a handler of fetch: node:http in between. */
const SERVE_FETCH = `
import { createServer } from 'node:http';
createServer(async ({ url, headers }, response) => {
  const answer = await GET(new Request(new URL(url, 'http://localhost'), { headers }));
  response.writeHead(answer.status, [...answer.headers].flat()).end(await answer.text());
}).listen(3000);`;

describe('the package @sallyport/verify', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-verify-'));
  const installed = join(folder, 'node_modules/@sallyport/verify');
  const readme = readFileSync(join(ROOT, 'verify/README.md'), 'utf8');
  const examples = new Map(
    [...readme.matchAll(/^```js\n\/\/ (\w+)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => [
      name,
      code,
    ]),
  );
  let issuer: Issuer;

  before(async () => {
    issuer = await startIssuer(wallClock);
    mkdirSync(installed, { recursive: true });
    copyFileSync(join(ROOT, 'verify/package.json'), join(installed, 'package.json'));
    const out = ['--outDir', join(installed, 'dist')];
    execFileSync(TSC, ['-p', join(ROOT, 'verify/tsconfig.json'), ...out]);
    for (const name of ['jose', 'fastify']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    mkdirSync(join(folder, 'node_modules/express'));
    writeFileSync(join(folder, 'node_modules/express/index.mjs'), EXPRESS);
    const express = { name: 'express', exports: './index.mjs' };
    writeFileSync(join(folder, 'node_modules/express/package.json'), JSON.stringify(express));
  });
  after(async () => {
    await issuer.stop();
    rmSync(folder, { recursive: true });
  });

  it('has an example for each way to use it, and each is run here', () => {
    assert.deepEqual([...examples.keys()], ['direct', 'fastify', 'express', 'fetch']);
    assert.equal(readme.match(/^```js/gm)?.length, examples.size);
  });

  for (const name of ['direct', 'fastify', 'express', 'fetch']) {
    it(`lets in who has a token, and no other, in the example: ${name}`, async () => {
      const port = await freePort();
      const code = `${examples.get(name)}${name === 'fetch' ? SERVE_FETCH : ''}`
        .replace('https://id.example.com/oidc', issuer.issuer)
        .replace(/\b3000\b/, String(port));
      writeFileSync(join(folder, `${name}.mjs`), code);
      const api = spawn(oldestNode(), [`${name}.mjs`], { cwd: folder, stdio: 'inherit' });
      try {
        const ask = async (headers = {}, path = '/keys') => {
          const response = await once(`http://localhost:${port}${path}`, { headers }, api);
          const challenge = response.headers.get('www-authenticate');
          return { status: response.status, challenge, body: await response.text() };
        };
        const none = await ask();
        assert.equal(none.status, 401);
        assert.match(none.challenge ?? '', /^Bearer/);
        const bad = await ask({ authorization: 'Bearer x.y.z' });
        assert.equal(bad.status, 401);
        const good = await ask({ authorization: `Bearer ${await issuer.token()}` });
        assert.deepEqual([good.status, good.body], [200, 'Hello ada']);
        if (name === 'fastify') assert.equal((await ask({}, '/health')).body, 'well');
      } finally {
        api.kill();
      }
    });
  }

  it('has types that hold for a strict consumer, and that catch a mistake', () => {
    const consumer = (needs: string) => `
      import { createVerifier, type Verdict } from '@sallyport/verify';
      import { guardExpress } from '@sallyport/verify/express';
      import { guardFastify } from '@sallyport/verify/fastify';
      import { guardFetch } from '@sallyport/verify/fetch';
      const verifier = createVerifier({ issuer: 'https://a.example', audience: '${AUDIENCE}' });
      export const verdict: Promise<Verdict> = verifier.verify(
        { method: 'GET', url: '/', headers: new Headers() }, ${needs});
      export const subject = verdict.then((v) => v.state === 'granted' ? v.token.subject : v.reason);
      export const guards = [guardExpress(verifier)(), guardFetch(verifier), guardFastify];`;
    const check = (needs: string) => {
      writeFileSync(join(folder, 'consumer.mts'), consumer(needs));
      const options = '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --types';
      const lib = ['', '--lib', 'es2022,dom,dom.iterable', 'consumer.mts'];
      const { stdout } = spawnSync(TSC, [...options.split(' '), ...lib], {
        cwd: folder,
        encoding: 'utf8',
      });
      return stdout;
    };
    assert.equal(check(`{ scopes: ['a'], freshFor: 300 }`), '');
    assert.match(check(`{ scope: ['a'] }`), /TS2561|TS2353/);
  });
});

/** The package promises Node 20; the oldest on this machine that is no older comes nearest to that. */
function oldestNode(): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((place) => join(place, 'node'))
    .filter((file) => existsSync(file))
    .map((file) => ({ file, major: majorOf(file) }))
    .filter(({ major }) => major >= 20)
    .sort((a, b) => a.major - b.major);
  return found[0]?.file ?? process.execPath;
}

function majorOf(file: string): number {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(stdout)?.[1] ?? 0);
}

/** Asks as soon as it listens, and gives up when it ended. */
async function once(address: string, init: RequestInit, api: { exitCode: number | null }) {
  for (;;) {
    try {
      return await fetch(address, init);
    } catch (error) {
      if (api.exitCode !== null) throw error;
      await new Promise((next) => setImmediate(next));
    }
  }
}
