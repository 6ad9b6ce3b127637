import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SMTPServer } from 'smtp-server';
import type { PersonId } from '../../server/kernel/id.ts';
import type { EventId } from '../../server/record/record.ts';
import { type Alert, createAlerts } from '../../server/watch/alerts.ts';
import { sendByMail } from '../../server/watch/mail.ts';
import { manualClock } from '../support/clock.ts';

const id = '01900000-0000-7000-8000-000000000000' as EventId;
const trouble = { type: 'trouble.reported', outcome: 'done', data: { sessions: 2 } } as const;
const fault = { type: 'fault.refused', outcome: 'refused', data: { code: 'gate' } } as const;
const quiet = { type: 'house.stopped', outcome: 'done', data: { node: 'one' } } as const;

describe('alerts', () => {
  it('tell of what is severe, and of the same kind once in a while', async () => {
    const clock = manualClock();
    const sent: Alert[] = [];
    const alerts = createAlerts({
      clock,
      later: () => () => {},
      notice: () => {},
      send: async (alert) => void sent.push(alert),
    });
    alerts.seen(id, quiet);
    assert.equal(sent.length, 0);
    alerts.seen(id, trouble);
    alerts.seen(id, trouble);
    assert.equal(sent.length, 1);
    clock.advance(600_000);
    alerts.seen(id, trouble);
    assert.equal(sent.length, 2);
  });

  it('are kept quiet for each subject by itself: one who makes noise hides nobody else', () => {
    const clock = manualClock();
    const sent: Alert[] = [];
    const alerts = createAlerts({
      clock,
      later: () => () => {},
      notice: () => {},
      send: async (alert) => void sent.push(alert),
    });
    const of = (subject: string) => ({ ...trouble, subject: subject as PersonId });
    const seen = (subject: string) => {
      const before = sent.length;
      alerts.seen(id, of(subject));
      return sent.length - before;
    };
    assert.equal(seen('ada'), 1);
    for (let i = 0; i < 100; i++) assert.equal(seen('ada'), 0);
    assert.equal(seen('bob'), 1);
    // Another kind of event about the same person is no repeat.
    alerts.seen(id, { ...fault, subject: 'ada' as PersonId });
    assert.equal(sent.length, 3);
    clock.advance(599_999);
    assert.deepEqual([seen('ada'), seen('bob')], [0, 0]);
    clock.advance(1);
    assert.deepEqual([seen('ada'), seen('bob')], [1, 1]);
  });

  it('are tried again, and said in the log when they could not be sent', async () => {
    const waits: number[] = [];
    const notices: string[] = [];
    let settled: (() => void) | undefined;
    const done = new Promise<void>((resolve) => {
      settled = resolve;
    });
    const alerts = createAlerts({
      clock: manualClock(),
      later: (wait, work) => {
        waits.push(wait);
        work();
        return () => {};
      },
      notice: (level, message) => {
        notices.push(`${level} ${message}`);
        if (level === 'error') settled?.();
      },
      send: async () => {
        throw new Error('no');
      },
    });
    alerts.seen(id, trouble);
    await done;
    assert.deepEqual(waits, [5000, 60_000, 600_000]);
    assert.match(notices.at(-1) ?? '', /could not be sent/);
  });
});

describe('alerts by mail', () => {
  let folder: string;
  let server: SMTPServer;
  let port: number;
  const received: string[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-mail-'));
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
        ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
      ],
      { stdio: 'ignore' },
    );
    server = new SMTPServer({
      key: readFileSync(join(folder, 'key.pem')),
      cert: readFileSync(join(folder, 'cert.pem')),
      authOptional: true,
      onData(stream, session, done) {
        let text = '';
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        stream.on('end', () => {
          received.push(`${session.secure ? 'encrypted' : 'plain'}\n${text}`);
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    port = (server.server.address() as AddressInfo).port;
  });
  after(async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true });
  });

  const settings = (change: Partial<Parameters<typeof sendByMail>[0]>) => ({
    host: 'localhost',
    port,
    tls: 'starttls' as const,
    requireTLS: true,
    ca: join(folder, 'cert.pem'),
    user: undefined,
    password: undefined,
    from: 'gate@example.com',
    to: ['watch@example.com'],
    ...change,
  });
  const alert: Alert = { subject: 'Sallyport: look\r\nBcc: eve@example.com', text: 'Look at it.' };

  it('arrive encrypted, with no header that somebody slipped in', async () => {
    await sendByMail(settings({}))(alert);
    const [mail = ''] = received;
    assert.match(mail, /^encrypted/);
    assert.doesNotMatch(mail, /^Bcc:/m);
    assert.match(mail, /Look at it\./);
  });

  it('are not sent to a server whose certificate nobody vouches for', async () => {
    const before = received.length;
    await assert.rejects(sendByMail(settings({ ca: undefined }))(alert));
    assert.equal(received.length, before);
  });

  it('are not sent in plain text when encryption was stripped', async () => {
    const stripped = new SMTPServer({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      authOptional: true,
    });
    await new Promise<void>((resolve) => stripped.listen(0, 'localhost', resolve));
    const open = (stripped.server.address() as AddressInfo).port;
    await assert.rejects(sendByMail(settings({ port: open }))(alert));
    await new Promise<void>((resolve) => stripped.close(() => resolve()));
  });
});
