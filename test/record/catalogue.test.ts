import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import { ocsfClasses, outcomes, reasons } from '@sallyport/contract/event-parts.ts';
import {
  eventSentence,
  eventTypes,
  isEventType,
  type RecordedEvent,
} from '@sallyport/contract/events.ts';
import { z } from 'zod';

const FRAME = ['subject', 'actor', 'door', 'session', 'reason'];

test('each sentence names only what its event has', () => {
  for (const type of eventTypes) {
    const { sentence, data } = catalogue[type];
    const schema = z.toJSONSchema(data, { io: 'input' }) as { properties?: object };
    const fields = [...FRAME, ...Object.keys(schema.properties ?? {})];
    for (const [, name] of sentence.matchAll(/\{(\w+)\}/g)) {
      assert.ok(fields.includes(name!), `${type}: {${name}}`);
    }
    assert.match(sentence, /[.]$/, type);
  }
});

test('the catalogue lets nothing through that it does not name', () => {
  for (const type of eventTypes) {
    const schema = z.toJSONSchema(catalogue[type].data, { io: 'input' });
    assert.equal(schema.type, 'object', type);
    assert.equal(schema.additionalProperties, false, type);
  }
  assert.ok(!isEventType('toString') && !isEventType('signin.allowed'));
});

test('types, outcomes and classes are of their closed lists', () => {
  for (const type of eventTypes) {
    assert.match(type, /^[a-z]+\.[a-z-]+$/);
    const { outcomes: own, ocsf, version } = catalogue[type];
    assert.ok(own.length > 0 && own.every((outcome) => outcomes.includes(outcome)), type);
    assert.ok(ocsf[0] in ocsfClasses && version >= 1, type);
  }
  for (const words of Object.values(reasons)) assert.match(words, /^[a-z].*[^.]$/);
});

const event = (rest: Partial<RecordedEvent>): RecordedEvent => ({
  id: 'x',
  at: 0,
  version: 1,
  type: 'signin.granted',
  outcome: 'granted',
  data: {},
  ...rest,
});

test('an event is told as a sentence, with names where they are known', () => {
  const name = (id: string) => (id === 'p-1' ? 'Ada' : 'Grace');
  const signin = event({
    subject: 'p-1',
    door: 'web',
    data: { proofs: [{ kind: 'password' }, { kind: 'totp' }] },
  });
  assert.equal(eventSentence(signin, name), 'Ada signed in at the web door with password, totp.');
  const refused = event({
    type: 'signin.refused',
    outcome: 'refused',
    door: 'web',
    reason: 'throttled',
  });
  assert.equal(
    eventSentence(refused),
    'Someone unknown was refused at the web door: too many attempts.',
  );
  const disabled = event({ type: 'person.disabled', subject: 'p-1', actor: 'p-2' });
  assert.equal(eventSentence(disabled, name), 'Grace disabled Ada.');
  const asked = event({
    type: 'access.refused',
    subject: 'p-1',
    reason: 'forbidden',
    data: { action: 'people.erase', resource: { kind: 'part', id: 'people' } },
  });
  assert.equal(
    eventSentence(asked, name),
    'Ada was not let do people.erase on people: a policy forbids it.',
  );
});

test('an event of a newer Sallyport is still told', () => {
  assert.equal(eventSentence(event({ type: 'moon.landed' })), 'moon.landed (granted).');
});
