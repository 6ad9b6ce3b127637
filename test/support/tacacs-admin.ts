/** Somebody who administers a device by TACACS+ and does it rightly: each time it goes through, and is on record. */
import assert from 'node:assert/strict';
import { count, eventsOf } from './events.ts';
import type { TestPerson } from './people.ts';
import { command, type TacacsClient } from './tacacs-client.ts';
import type { TacacsHouse } from './tacacs-house.ts';

export async function logIn(house: TacacsHouse, person: TestPerson): Promise<TacacsClient> {
  const client = await house.connect();
  const left = await eventsOf(house.test, async () => {
    const typed = [person.password, person.totp.code()];
    const replies = await client.logIn({ user: person.identifier }, typed);
    assert.equal(replies.at(-1)?.status, 1, replies.at(-1)?.message);
  });
  assert.equal(count(left, 'login.granted', 'granted'), 1);
  house.test.clock.advance(30_000);
  return client;
}

export async function runs(
  house: TacacsHouse,
  client: TacacsClient,
  { id, identifier }: TestPerson,
  lines: readonly string[],
): Promise<void> {
  const left = await eventsOf(house.test, async () => {
    for (const line of lines) {
      assert.equal((await client.authorise(identifier, command(line)))?.status, 1, line);
    }
  });
  const granted = left.filter(({ type }) => type === 'command.granted');
  assert.deepEqual(
    granted.map(({ outcome, subject, door, data }) => [outcome, subject, door, data.client]),
    lines.map(() => ['granted', id, 'tacacs', house.device.id]),
  );
  assert.equal(count(left, 'command.refused'), 0);
}
