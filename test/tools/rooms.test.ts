import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Breach, cruiseRooms } from '../../tools/check/cruise.ts';
import { ROOMS } from '../../tools/check/room-table.ts';

const HERE = resolve(import.meta.dirname, '../..');

/** A house with one of each breach in it, and beside each the same thing done rightly. */
const HOUSE: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "house", "type": "module" }',
  'contract/events.ts': 'export const events = 1;',
  'server/kernel/clock.ts': 'export interface Clock {}; export const now = 1;',
  'server/kernel/rude.ts': `import { box } from '../vault/box.ts'; export const rude = box;`,
  'server/vault/box.ts': `import { now } from '../kernel/clock.ts'; export const box = now;`,
  'server/vault/key-table.ts': `import { sql } from 'kysely'; export const keys = sql;`,
  'server/vault/hidden-sql.ts': `import { sql } from 'kysely'; export const keys = sql;`,
  'server/subjects/people.ts': 'export interface Person {}; export const people = 1;',
  'server/policy/typed.ts': `import type { Person } from '../subjects/people.ts'; export type P = Person;`,
  'server/policy/grasping.ts': `import { people } from '../subjects/people.ts'; export const p = people;`,
  'server/proofs/proof.ts': `import type { Clock } from '../kernel/clock.ts'; export type C = Clock;`,
  'server/proofs/totp/totp.ts': `import type { C } from '../proof.ts'; export type T = C; export const totp = 1;`,
  'server/proofs/password/nosy.ts': `import { totp } from '../totp/totp.ts'; export const nosy = totp;`,
  'server/wire/radius.ts': `import { now } from '../kernel/clock.ts'; export const radius = now;`,
  'server/gate/gate.ts': `import { box } from '../vault/box.ts'; import { events } from '@sallyport/contract/events.ts'; export const gate = [box, events]; export interface Gate {}`,
  'server/gate/framing.ts': `import { radius } from '../wire/radius.ts'; export const framing = radius;`,
  'server/gate/use-cases/portal.ts': `import { gateConfig } from '../gate-config.ts'; export const portal = gateConfig; export interface Portal {}`,
  'server/gate/judging.ts': `import type { Portal } from './use-cases/portal.ts'; export type J = Portal;`,
  'server/http/listener.ts': `import type { Gate } from '../gate/gate.ts'; export type L = Gate; export const listener = 1;`,
  'server/http/deciding.ts': `import { gate } from '../gate/gate.ts'; export const deciding = gate;`,
  'server/doors/web/page.ts': `import { gate } from '../../gate/gate.ts'; import { listener } from '../../http/listener.ts'; export const page = [gate, listener];`,
  'server/doors/web/opening.ts': `import { box } from '../../vault/box.ts'; export const opening = box;`,
  'server/doors/web/verifying.ts': `import type { T } from '../../proofs/totp/totp.ts'; export type V = T;`,
  'server/doors/api/borrowing.ts': `import { page } from '../web/page.ts'; export const borrowing = page;`,
  'server/main/house.ts': `import { page } from '../doors/web/page.ts'; import { gate } from '../gate/gate.ts'; export const house = [page, gate];`,
  'server/gate/backwards.ts': `import { house } from '../main/house.ts'; export const backwards = house;`,
  'server/record/round.ts': `import type { B } from './about.ts'; export type A = B;`,
  'server/record/about.ts': `import type { A } from './round.ts'; export type B = A | 1;`,
  'server/record/utils/time.ts': 'export const time = 1;',
  'server/record/untidy.ts': `import { time } from './utils/time.ts'; export const untidy = time;`,
  'server/record/lost.ts': `import { gone } from './gone.ts'; export const lost = gone;`,
  'server/record/tested.ts': `import { support } from '../../test/support.ts'; export const tested = support;`,
  'server/attic/thing.ts': `import { now } from '../kernel/clock.ts'; export const thing = now;`,
  'server/config/sections.ts': `import { gateConfig } from '../gate/gate-config.ts'; export const sections = gateConfig;`,
  'server/gate/gate-config.ts': 'export const gateConfig = 1;',
  'server/config/prying.ts': `import { gate } from '../gate/gate.ts'; export const prying = gate;`,
  'test/support.ts': `import { house } from '../server/main/house.ts'; import { totp } from '../server/proofs/totp/totp.ts'; export const support = [house, totp];`,
};

describe('the rules of the rooms', () => {
  let root = '';
  let breaches: readonly Breach[] = [];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'sallyport-house-'));
    for (const [file, text] of Object.entries(HOUSE)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    mkdirSync(join(root, 'node_modules/@sallyport'), { recursive: true });
    symlinkSync(join(HERE, 'node_modules/kysely'), join(root, 'node_modules/kysely'));
    symlinkSync('../../contract', join(root, 'node_modules/@sallyport/contract'));
    ({ breaches } = await cruiseRooms(root));
  });
  after(() => rmSync(root, { recursive: true }));

  const found = (from: string) =>
    breaches.filter((breach) => breach.from === from).map(({ rule }) => rule);

  const WRONG: readonly (readonly [file: string, rule: string])[] = [
    ['server/kernel/rude.ts', 'room kernel'],
    ['server/vault/hidden-sql.ts', 'SQL stands in tables'],
    ['server/policy/grasping.ts', 'room policy: types of subjects'],
    ['server/proofs/password/nosy.ts', 'a proof knows no other'],
    ['server/gate/framing.ts', 'room gate'],
    ['server/gate/judging.ts', 'the decider knows no use case'],
    ['server/http/deciding.ts', 'room http: types of gate'],
    ['server/doors/web/opening.ts', 'room doors'],
    ['server/doors/web/verifying.ts', 'room doors'],
    ['server/doors/api/borrowing.ts', 'a door knows no other'],
    ['server/gate/backwards.ts', 'nothing imports main'],
    ['server/record/untidy.ts', 'no drawers'],
    ['server/record/lost.ts', 'imports resolve'],
    ['server/record/tested.ts', 'no way in from outside'],
    ['server/attic/thing.ts', 'rooms are in the table'],
    ['server/config/prying.ts', 'room config'],
  ];
  for (const [file, rule] of WRONG) {
    it(`find ${file}, by “${rule}”, and say why`, () => {
      assert.ok(found(file).includes(rule), `found for it: ${found(file).join(', ') || 'nothing'}`);
      const because = breaches.find((one) => one.from === file && one.rule === rule)?.because ?? '';
      assert.match(because, /^[A-Z].+\.$/);
    });
  }

  it('find files that import each other, be it only types', () => {
    const round = [...found('server/record/round.ts'), ...found('server/record/about.ts')];
    assert.ok(round.includes('no cycles'));
  });

  const RIGHT = [
    'server/vault/box.ts',
    'server/vault/key-table.ts',
    'server/policy/typed.ts',
    'server/proofs/totp/totp.ts',
    'server/wire/radius.ts',
    'server/gate/gate.ts',
    'server/gate/use-cases/portal.ts',
    'server/http/listener.ts',
    'server/doors/web/page.ts',
    'server/main/house.ts',
    'server/config/sections.ts',
    'test/support.ts',
  ];
  for (const file of RIGHT) {
    it(`let ${file} be`, () => assert.deepEqual(found(file), []));
  }
});

it('the table of rooms has no cycle of its own', () => {
  const may = new Map(ROOMS.map((room) => [room.room, room.may]));
  const visit = (room: string, way: readonly string[]): void => {
    assert.ok(!way.includes(room), [...way, room].join(' → '));
    for (const next of may.get(room) ?? []) visit(next, [...way, room]);
  };
  for (const { room } of ROOMS) visit(room, []);
});
