import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

const RUNTIME = join(import.meta.dirname, '../../runtime');

/** A clone whose own Node calls itself by another version, so that run.mjs has to hand over to it. */
function cloneWithOtherNode(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-run-'));
  t.after(() => rmSync(root, { recursive: true }));
  const bin = join(root, 'runtime/node_modules/node/bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const file of ['run.mjs', 'prepare.mjs'])
    cpSync(join(RUNTIME, file), join(root, 'runtime', file));
  const write = (file: string, content: unknown) =>
    writeFileSync(join(root, file), JSON.stringify(content));
  write('runtime/package.json', { dependencies: { node: '99.0.0' } });
  write('runtime/node_modules/node/package.json', { version: '99.0.0' });
  write('package-lock.json', { packages: {} });
  write('node_modules/.package-lock.json', { packages: {} });
  // It leaves out run.mjs, which would hand over for ever.
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nshift\nexec '${process.execPath}' "$@"\n`);
  chmodSync(join(bin, 'node'), 0o755);
  return root;
}

function start(root: string, script: string, ...args: string[]): ChildProcess {
  const file = join(root, 'script.mjs');
  writeFileSync(file, script);
  return spawn(process.execPath, [join(root, 'runtime/run.mjs'), file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) text += String(chunk);
  return text;
}

describe('run.mjs under another Node', () => {
  it('hands over arguments as they are, with our Node first on the PATH', async (t) => {
    const root = cloneWithOtherNode(t);
    const script =
      'console.log(JSON.stringify([process.argv.slice(2), process.env.PATH.split(":")[0]]))';
    const child = start(root, script, 'a b', '--json', '');
    assert.deepEqual(JSON.parse(await output(child)), [
      ['a b', '--json', ''],
      join(root, 'runtime/node_modules/node/bin'),
    ]);
  });

  it('ends with the exit code of the script', async (t) => {
    const child = start(cloneWithOtherNode(t), 'process.exit(3)');
    assert.deepEqual(await once(child, 'exit'), [3, null]);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`hands on ${signal}, once, and lets the script end in its own way`, async (t) => {
      const script = `
        let times = 0;
        process.on('${signal}', () => { times += 1; setTimeout(() => process.exit(40 + times), 50); });
        setInterval(() => {}, 1000);
        console.log('ready');`;
      const child = start(cloneWithOtherNode(t), script);
      await once(child.stdout ?? child, 'data');
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [41, null]);
    });
  }

  it('ends as killed when the script was killed', async (t) => {
    const child = start(cloneWithOtherNode(t), 'process.kill(process.pid, "SIGKILL")');
    assert.deepEqual(await once(child, 'exit'), [137, null]);
  });
});

it('under our own Node the script runs in the same process', async () => {
  const script = join(mkdtempSync(join(tmpdir(), 'sallyport-run-')), 'script.mjs');
  writeFileSync(
    script,
    'console.log(process.pid, process.argv[1], process.argv[2]); process.exitCode = 4;',
  );
  const child = spawn(process.execPath, [join(RUNTIME, 'run.mjs'), script, 'x'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text, [code]] = await Promise.all([output(child), once(child, 'exit')]);
  assert.equal(text, `${child.pid} ${script} x\n`);
  assert.equal(code, 4);
});
