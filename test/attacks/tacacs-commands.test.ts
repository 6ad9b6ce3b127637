/**
 * Commands at network devices that are written so that nobody should see what they are (T1601, T1556.004; RFC 8907 §10): what goes
 * through, what is refused, and what stands on record.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { EventId } from '../../server/record/leaf.ts';
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

  /** Each on record as refused to her, at that switch, for this reason, in the words in which it came. */
  async function areRefused(
    client: TacacsClient,
    reason: string | readonly string[],
    commands: readonly (readonly string[])[],
  ) {
    const left = await eventsOf(house.test, async () => {
      for (const args of commands) {
        assert.equal((await client.authorise('ada', args))?.status, FAIL, args.join(' '));
      }
    });
    assert.deepEqual(
      left.map(({ type, outcome, subject, door, data, ...more }) => [
        `${type} ${outcome} ${more.reason}`,
        subject,
        door,
        data.client,
        data.sensitive,
      ]),
      commands.map((_, at) => [
        `command.refused refused ${typeof reason === 'string' ? reason : reason[at]}`,
        ...[ada.id, 'tacacs', house.device.id, true],
      ]),
    );
    for (const [at, args] of commands.entries()) {
      const { id = '' } = left[at] ?? {};
      const { store, reader } = house.test.house;
      const event = await store.read((q) => reader.get(q, id as EventId, 'open')); // Of a row.
      const typed = args.map((arg) => /^cmd(?:-arg)?[=*](.*)$/s.exec(arg)?.[1] ?? '');
      const words = typed.filter((word) => word !== '<cr>').join(' ');
      // What a terminal would obey is spelt out.
      const spelt = (text: string) =>
        text
          .replaceAll(/[^ -~]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
          .replaceAll(/ +/g, ' ')
          .trim()
          .toLowerCase()
          .slice(0, 150);
      // Of what can't be read as a command, all of it.
      const text = spelt(event?.personal?.command ?? '');
      assert.ok([words, args.join(' ')].map(spelt).includes(text), text);
    }
  }

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
      const all = [...lines, 'show version | red flash:x', 'show ver;rel'];
      await areRefused(client, 'stale', all.map(command));
      await permitted(client, 'show version');
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
      const [two, one] = ['malformed', 'stale'];
      await areRefused(client, [one, one, two, two, two, two, one, one], spread);
      await permitted(client, 'show version');
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
      await areRefused(client, 'malformed', [1030, 1400, 1990, 2100].map(args));
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
      const spoilt = ['\r\nreload', '\0', '\x08\x08\x08\x08reload', '\x1b[2K', '\x16', '\xa0'];
      const commands = spoilt.map((text) => [
        'service=shell',
        'cmd=show',
        `cmd-arg=version${text}`,
      ]);
      await areRefused(client, 'malformed', commands);
      await permitted(client, 'show version');
      await client.close();
    });
  });
});
