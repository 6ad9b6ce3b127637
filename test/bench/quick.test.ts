/** Benches of tokens, in small: that they run to their end and measure what they say. What they find is not looked at here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts');

const PARTS: Readonly<Record<string, readonly string[]>> = {
  token: ['on SQLite'],
  introspect: ['jwt', 'opaque'],
  grants: ['tokens', 'introspection', 'introspection, each read anew'],
  issue: ['issue'],
  ocsp: ['kept', 'with a nonce'],
};

describe('a bench in small', () => {
  for (const [name, parts] of Object.entries(PARTS)) {
    it(`runs to its end: ${name}`, () => {
      const args = [MAIN, name, '--quick', '--pairs', '1', '--json'];
      const ran = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(ran.status, 0, ran.stderr);
      const told = JSON.parse(ran.stdout);
      assert.deepEqual(
        told.parts.map((part: { name: string }) => part.name),
        parts,
      );
      for (const { ratio, pairs } of told.parts) {
        assert.ok(ratio > 0 && Number.isFinite(ratio), ran.stdout);
        assert.equal(pairs.length, 1);
      }
    });
  }
});
