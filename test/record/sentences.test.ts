/** Events in words. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { eventSentence, type RecordedEvent } from '@sallyport/contract/events.ts';
import { ok } from '../../server/kernel/result.ts';
import { createKnownNames } from '../../server/main/record/known-names.ts';

const event = (over: Partial<RecordedEvent>): RecordedEvent => ({
  id: 'e',
  at: 0,
  type: 'person.enabled',
  version: 1,
  outcome: 'done',
  subject: 'mia',
  data: {},
  ...over,
});

it('a person who sets up their proofs is not told to have enabled themselves', () => {
  assert.equal(eventSentence(event({ door: 'web' })), 'mia finished setting up.');
  assert.equal(eventSentence(event({ actor: 'boss', door: 'web' })), 'boss enabled mia.');
  assert.equal(eventSentence(event({ door: 'cli' })), 'The command line enabled mia.');
});

it('one session is not told as 1 sessions', () => {
  const ended = event({ type: 'session.revoked', actor: 'boss', data: { sessions: 1 } });
  assert.doesNotMatch(eventSentence(ended), /1 sessions/);
});

it('a person at a site entered for what its rule calls it, and not for nothing', () => {
  const resource = { kind: 'site', id: 's1' };
  const data = { resource, scopes: [], proofs: ['webauthn'], function: 'read' };
  const entered = event({ type: 'entry.granted', door: 'proxy', data });
  const wiki = (id: string) => (id === 's1' ? 'wiki' : id);
  assert.equal(
    eventSentence(entered, wiki),
    'mia entered wiki by the proxy door with webauthn, for read.',
  );
});

it('what was entered without scopes is not told to be for nothing', () => {
  const data = { resource: { kind: 'application', id: 'cli' }, scopes: [], proofs: ['webauthn'] };
  const entered = eventSentence(event({ type: 'entry.granted', door: 'oidc', data }));
  assert.equal(entered, 'mia entered cli by the oidc door with webauthn.');
});

it('a resource that is not known is told as unknown, and a device without a certificate by its name', () => {
  const kept = event({ type: 'entry.refused', door: 'oidc', data: { scopes: ['read'] } });
  assert.match(eventSentence(kept), /^mia was kept out of something unknown at the oidc door: /);
  const refused = {
    type: 'device.enrolment-refused',
    door: 'est',
    data: { with: 'pass' },
  } as const;
  assert.match(eventSentence(event(refused)), /^mia was refused a certificate at the est door: /);
});

it('what was counted is told in words', () => {
  const resource = { kind: 'part', id: 'portal' };
  const data = { action: 'readSelf', resource, minute: 0, count: 7 };
  const sentence = 'mia did the same again within a minute (7×): read self on portal.';
  assert.equal(eventSentence(event({ type: 'decision.counted', data })), sentence);
});

it('a device that came onto the network is written as it is called', () => {
  const data = { name: 'plc-7', client: 'd1', kind: 'certificate' };
  assert.equal(
    eventSentence(event({ type: 'network.admitted', subject: 'p', door: 'radius', data })),
    'The device plc-7 came onto the network at d1, by certificate.',
  );
});

it('network devices and doors are told by their names', () => {
  const names = (id: string) => (id === 'd1' ? 'hall-switch' : id);
  const refused = event({ type: 'network.refused', reason: 'revoked', data: { client: 'd1' } });
  assert.match(eventSentence(refused, names), /network device hall-switch was kept off/);
  const data = { protocol: 'radius', why: 'unsigned' };
  const unheard = event({ type: 'network.client-refused', subject: 'd1', data });
  assert.equal(
    eventSentence(unheard, names),
    'hall-switch was not heard as a network device (radius): unsigned.',
  );
  const enrolled = event({ type: 'device.enrolled', subject: 'd1', door: 'est' });
  assert.match(eventSentence(enrolled, names), /^The device hall-switch .* at the est door, /);
});

it('applications are told by their names to whoever reads the record', async () => {
  const app = '01a202b0-429a-7726-ae8e-848e12caada4';
  const consented = event({ type: 'app.consented', data: { app, scopes: ['openid'] } });
  const names = createKnownNames({
    names: async (ids) => ok(new Map(ids.map((id) => [id, id === app ? 'handbook' : 'mia']))),
  });
  await names.learn([{ ...consented, at: '2026-11-22T10:00:00.000Z', sentence: '' }]);
  assert.equal(
    eventSentence(consented, names.of),
    'mia let the application handbook (…caada4) act for them.',
  );
});

it('the script that verifies inclusion says which file it can’t read, and shows no stack', () => {
  const script = join(import.meta.dirname, '../../docs/verify-inclusion.mjs');
  const key = `log+00000000+${Buffer.alloc(33, 1).toString('base64')}`;
  for (const args of [
    ['/nope', '/'],
    ['/nope', key],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^NOT VERIFIED: [^\n]+\n$/);
  }
});

it('what a network device said to what it was told is a sentence to its end', () => {
  const told = (asked: string, answer: string) =>
    eventSentence(
      event({ type: 'login.told', outcome: 'failed', data: { client: 'd1', asked, answer } }),
      (id) => (id === 'd1' ? 'core-1' : id),
    );
  const was = 'The network device core-1 was to';
  assert.equal(told('end', 'unanswered'), `${was} end the login of mia: it did not answer.`);
  assert.equal(told('change', 'refused'), `${was} change the login of mia: it refused.`);
  assert.equal(told('end', 'not-told'), `${was} end the login of mia: nobody could ask it.`);
  assert.equal(told('end', 'done'), `${was} end the login of mia: it did.`);
});
