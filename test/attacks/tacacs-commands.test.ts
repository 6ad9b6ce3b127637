/**
 * Commands at network devices that are written so that nobody should see what they are (T1601, T1556.004; RFC 8907 §10): what goes
 * through, what is refused, and what stands on record.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import type { TestPerson } from '../support/people.ts';
import { logIn, runs } from '../support/tacacs-admin.ts';
import { command, type TacacsClient } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

const FAIL = 0x10;

describe('what is not permitted, by TACACS+', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  before(async () => {
    house = await openTacacsHouse();
    ada = await house.person('ada');
  });
  after(() => house.close());
  // What is alike is on record once a minute.
  beforeEach(() => house.test.clock.advance(61_000));

  const asAda = () => logIn(house, ada);
  const permitted = (client: TacacsClient, ...lines: readonly string[]) =>
    runs(house, client, ada, lines);

  describe('by an abbreviation of a command', () => {
    it('goes through while the proofs are fresh, and for what is ordinary', async () => {
      const client = await asAda();
      await permitted(client, 'rel');
      house.test.clock.advance(600_000);
      await permitted(client, 'sh ver');
      await client.close();
    });

    it('is refused as the command itself is, and on record as sensitive', async () => {
      const client = await asAda();
      house.test.clock.advance(600_000);
      const lines = [
        'reload',
        'rel',
        'RELO',
        'r',
        'do rel',
        'wr er',
        'conf rep flash:x',
        'cop t: fl:',
      ];
      const left = await eventsOf(house.test, async () => {
        for (const line of [...lines, 'show version | red flash:x', 'show ver;rel']) {
          assert.equal((await client.authorise('ada', command(line)))?.status, FAIL, line);
        }
      });
      assert.equal(count(left, 'command.refused'), lines.length + 2);
      assert.ok(left.every(({ data, reason }) => data.sensitive === true && reason === 'stale'));
      await client.close();
    });

    it('is refused when words are spread over arguments otherwise', async () => {
      const client = await asAda();
      house.test.clock.advance(600_000);
      const spread = [
        ['service=shell', 'cmd=write erase'],
        ['service=shell', 'cmd*write', 'cmd-arg*erase'],
        ['service=shell', 'cmd=', 'cmd-arg=reload', 'cmd=reload'],
        ['service=shell', 'cmd=', 'cmd-arg=reload'],
        ['service=shell', 'cmd-arg=reload', 'cmd-arg=<cr>'],
        ['service=shell', 'cmd=show', 'cmd=reload'],
        ['service=shell', 'cmd=  reload  '],
        ['cmd=write', 'cmd-arg= ', 'cmd-arg= erase ', 'cmd-arg=<cr>'],
      ];
      const left = await eventsOf(house.test, async () => {
        for (const args of spread) {
          assert.equal((await client.authorise('ada', args))?.status, FAIL, args.join());
        }
      });
      assert.equal(count(left, 'command.refused', 'refused'), spread.length);
      await client.close();
    });
  });

  describe('by more than the record takes of a command', () => {
    /** So long, with what matters at its end. */
    const line = (length: number) => {
      const [begin, end] = ['show version | include ', ' ; no aaa new-model'];
      return `${begin}${'x'.repeat(length - begin.length - end.length)}${end}`;
    };
    const spread = (text: string) =>
      (text.match(/.{1,200}/g) ?? []).map((part, i) => `${i === 0 ? 'cmd' : 'cmd-arg'}=${part}`);
    /** With the spaces that stand between arguments. */
    const args = (length: number) => {
      const parts = Math.ceil(length / 201);
      return ['service=shell', ...spread(line(length - parts + 1))];
    };

    it('goes through as long as it is on record to its end', async () => {
      const client = await asAda();
      const left = await eventsOf(house.test, async () => {
        assert.equal((await client.authorise('ada', args(1020)))?.status, 1);
      });
      assert.equal(count(left, 'command.granted', 'granted'), 1);
      await client.close();
    });

    it('is refused, fresh or not: nobody would see what came after', async () => {
      const client = await asAda();
      const left = await eventsOf(house.test, async () => {
        for (const length of [1030, 1400, 1990, 2100]) {
          assert.equal((await client.authorise('ada', args(length)))?.status, FAIL, `${length}`);
        }
      });
      assert.equal(count(left, 'command.refused', 'refused'), 4);
      assert.ok(
        left.every(({ data, reason }) => data.sensitive === true && reason === 'malformed'),
      );
      await client.close();
    });
  });

  describe('by control characters in a command', () => {
    it('goes through without them', async () => {
      const client = await asAda();
      await permitted(client, 'show version');
      await client.close();
    });

    it('is refused, fresh or not, and on record as what it is', async () => {
      const client = await asAda();
      const left = await eventsOf(house.test, async () => {
        for (const spoilt of [
          '\r\nreload',
          '\0',
          '\x08\x08\x08\x08reload',
          '\x1b[2K',
          '\x16',
          '\xa0',
        ]) {
          const args = ['service=shell', 'cmd=show', `cmd-arg=version${spoilt}`];
          assert.equal((await client.authorise('ada', args))?.status, FAIL, spoilt);
        }
      });
      assert.equal(count(left, 'command.refused'), 6);
      assert.ok(left.every(({ reason }) => reason === 'malformed'));
      await client.close();
    });
  });
});
