import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine } from '../../tools/check/read-sources.ts';

const rules = (file: string, text: string) => examine(file, text).map(({ rule }) => rule);

const TIME = 'time comes from the Clock';
const CHANCE = 'chance comes from Random';
const SOCKETS = 'sockets stand in doors and sinks';

describe('the rules for sources', () => {
  const WRONG: readonly (readonly [text: string, rule: string])[] = [
    ['const now = Date.now();', TIME],
    ['const now = new Date();', TIME],
    ['const now = new Date;', TIME],
    ['const now = Date();', TIME],
    ['const wall = Date.now;', TIME],
    ['const roll = Math.random();', CHANCE],
    ["import { randomBytes } from 'node:crypto';", CHANCE],
    ["import { randomUUID as id } from 'node:crypto';", CHANCE],
    ['crypto.getRandomValues(new Uint8Array(8));', CHANCE],
    ["import { connect } from 'node:net';", SOCKETS],
    ["import tls from 'tls';", SOCKETS],
    ["import * as dgram from 'node:dgram';", SOCKETS],
    ["import { isIP, createServer } from 'node:net';", SOCKETS],
    ["await fetch('http://localhost');", SOCKETS],
    ["console.log('here');", 'output goes through the log'],
  ];
  for (const [text, rule] of WRONG) {
    it(`find ${text}`, () =>
      assert.deepEqual([...new Set(rules('server/gate/gate.ts', text))], [rule]));
  }

  const RIGHT = [
    'const shown = new Date(time).toISOString();',
    'const time = Date.UTC(2026, 0, 1);',
    "const word = 'Date.now()'; // Math.random()",
    "import { isIP, BlockList } from 'node:net';",
    "import type { Socket } from 'node:net';",
    "import { type TLSSocket, checkServerIdentity } from 'node:tls';",
  ];
  for (const text of RIGHT) {
    it(`let be ${text}`, () => assert.deepEqual(rules('server/gate/gate.ts', text), []));
  }

  it('tell the line', () => {
    const [finding] = examine('server/gate/gate.ts', '\n\nconst now = Date.now();\n');
    assert.equal(finding?.line, 3);
  });

  it('are for the rooms that they name', () => {
    assert.deepEqual(rules('server/kernel/clock.ts', 'Date.now();'), []);
    assert.deepEqual(rules('server/doors/web/door.ts', "import net from 'node:net';"), []);
    assert.deepEqual(rules('server/doors/web/browser/page.ts', 'Date.now();'), []);
    assert.deepEqual(rules('server/main/cli.ts', 'console.log(1);'), []);
    assert.deepEqual(rules('tools/check.ts', 'Date.now();'), []);
  });

  it('find a file that has grown too long', () => {
    assert.deepEqual(rules('contract/long.ts', 'export {};\n'.repeat(400)), []);
    assert.deepEqual(rules('contract/long.ts', 'export {};\n'.repeat(401)), ['files stay small']);
  });
});
