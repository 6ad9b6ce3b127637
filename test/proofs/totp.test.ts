import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { TOTP, URI } from 'otpauth';
import type { PersonId } from '../../server/kernel/id.ts';
import { base32, fromBase32, grouped } from '../../server/proofs/totp/base32.ts';
import { learnDrift } from '../../server/proofs/totp/clock-drift.ts';
import { createTotp } from '../../server/proofs/totp/totp.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

let house: ProofHouse;
before(async () => {
  house = await openProofHouse();
});
after(() => house.close());

const make = (changes: object = {}) => createTotp(house.deps, totpConfig.parse(changes));

/** An authenticator app by other hands than ours, fed with the text of the QR code. */
interface App {
  readonly subject: PersonId;
  code(steps?: number): string;
}

async function appOf(options: object = {}, offset = 0, changes: object = {}): Promise<App> {
  const subject = await house.person();
  let app: TOTP | undefined;
  const code = (steps: number) => {
    assert.ok(app);
    return app.generate({ timestamp: house.clock.now() + steps * 30_000 });
  };
  const enrolled = await house.enrol(
    make(changes),
    subject,
    (offer) => {
      const parsed = URI.parse(String(offer.uri));
      assert.ok(parsed instanceof TOTP);
      app = parsed;
      return { code: code(offset) };
    },
    options,
  );
  assert.deepEqual(enrolled.ok, true);
  house.clock.advance(90_000); // The enrolling code is spent.
  return { subject, code: (steps = 0) => code(steps) };
}

test('an app that reads our QR text gives codes that are accepted, with every hash and length', async () => {
  for (const algorithm of ['SHA1', 'SHA256', 'SHA512']) {
    for (const digits of [6, 8]) {
      const app = await appOf({ algorithm, digits });
      assert.equal(app.code().length, digits);
      const verdict = await house.verify(make(), app.subject, { code: app.code() });
      assert.equal(verdict.sound, true, `${algorithm} ${digits}`);
    }
  }
});

test('the key is shown as text in groups, the same as in the QR text', async () => {
  const begun = await make().beginEnrolment(await house.enrolling(await house.person()), {});
  assert.ok(begun.ok);
  const { uri, key } = begun.value.offer;
  assert.match(String(key), /^(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  assert.equal(new URL(String(uri)).searchParams.get('secret'), String(key).replaceAll(' ', ''));
});

test('a code is accepted once, also in the other window of the same step', async () => {
  const app = await appOf();
  const offer = { code: app.code() };
  const first = await house.verify(make(), app.subject, offer);
  assert.equal(await house.spend(first), true);
  const again = await house.verify(make(), app.subject, offer);
  assert.equal(again.sound, false);
  assert.equal(!again.sound && again.reason, 'used');
  const next = Math.ceil((house.clock.now() + 1) / 30_000) * 30_000;
  assert.equal(!again.sound && again.retryAt, next);
});

test('of a hundred requests with one code at once, one is first', async () => {
  const app = await appOf();
  const offer = { code: app.code() };
  const module = make();
  const verdicts = await Promise.all(
    Array.from({ length: 100 }, () => house.verify(module, app.subject, offer)),
  );
  assert.ok(verdicts.every((verdict) => verdict.sound));
  const spent = await Promise.all(verdicts.map((verdict) => house.spend(verdict)));
  assert.equal(spent.filter(Boolean).length, 1);
});

test('an older code is void once a newer one was accepted', async () => {
  const app = await appOf();
  const older = app.code(-1);
  assert.equal(
    await house.spend(await house.verify(make(), app.subject, { code: app.code() })),
    true,
  );
  const verdict = await house.verify(make(), app.subject, { code: older });
  assert.equal(!verdict.sound && verdict.reason, 'used');
});

test('the window is one step to either side and no more, and narrower when configured', async () => {
  const app = await appOf();
  const soundAt = async (steps: number, changes: object = {}) =>
    (await house.verify(make(changes), app.subject, { code: app.code(steps) })).sound;
  assert.deepEqual(await Promise.all([-3, -2, -1, 0, 1, 2, 3].map((steps) => soundAt(steps))), [
    false,
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
  const exact = { stepsBack: 0, stepsForward: 0 };
  assert.deepEqual(await Promise.all([-1, 0, 1].map((steps) => soundAt(steps, exact))), [
    false,
    true,
    false,
  ]);
});

test('the confirming code of an enrolment is not accepted for a sign-in', async () => {
  const subject = await house.person();
  let code = '';
  await house.enrol(make(), subject, ({ uri }) => {
    const app = URI.parse(String(uri));
    assert.ok(app instanceof TOTP);
    code = app.generate({ timestamp: house.clock.now() });
    return { code };
  });
  const verdict = await house.verify(make(), subject, { code });
  assert.equal(!verdict.sound && verdict.reason, 'used');
});

test('an enrolment is not confirmed by a wrong code, nor begun beyond the most', async () => {
  const subject = await house.person();
  assert.deepEqual(await house.enrol(make(), subject, () => ({ code: '000000' })), {
    ok: false,
    error: { code: 'wrong' },
  });
  const confirm = ({ uri }: Readonly<Record<string, unknown>>) => {
    const app = URI.parse(String(uri));
    assert.ok(app instanceof TOTP);
    return { code: app.generate({ timestamp: house.clock.now() }) };
  };
  const module = make({ several: 2 });
  assert.equal((await house.enrol(module, subject, confirm)).ok, true);
  assert.equal((await house.enrol(module, subject, confirm)).ok, true);
  assert.deepEqual(await house.enrol(module, subject, confirm), {
    ok: false,
    error: { code: 'too-many' },
  });
});

test('a token whose clock runs two minutes slow is followed step by step, and told of once a step', async () => {
  const app = await appOf();
  const module = make({ maxDrift: 4 });
  const notes: string[][] = [];
  for (let drift = 0; drift >= -4; drift--) {
    // Each drift is met twice: what is learnt needs two codes that were off to the same side.
    for (let time = 0; time < 2; time++) {
      house.clock.advance(300_000);
      const verdict = await house.verify(module, app.subject, { code: app.code(drift) });
      assert.ok(verdict.sound, `drift ${drift}`);
      notes.push([...verdict.notes]);
      assert.equal(await house.spend(verdict), true);
    }
  }
  assert.equal(notes.flat().length, 4);
  house.clock.advance(300_000);
  const onTime = await house.verify(module, app.subject, { code: app.code(0) });
  assert.equal(onTime.sound, false, 'the window moved, it did not grow');
});

test('a clock that is further off than the bound is not followed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 1 })),
      fc.integer({ min: 0, max: 4 }),
      (leans, most) => {
        let known = { drift: 0, lean: 0 };
        for (const lean of leans) known = learnDrift(known, known.drift + lean, most);
        assert.ok(Math.abs(known.drift) <= most);
      },
    ),
  );
});

test('a clock that is a minute off is found at the enrolment, and one that is right is not kept out by a code typed slowly', async () => {
  for (const off of [-2, 2]) {
    const known = await appOf({}, off);
    const soundAt = async (steps: number) =>
      (await house.verify(make(), known.subject, { code: known.code(steps) })).sound;
    const around = [2 * off, 1.5 * off, off, off / 2, 0, -off / 2, -off];
    assert.deepEqual(
      await Promise.all(around.map((steps) => soundAt(steps))),
      [false, false, true, true, true, false, false],
      `${off} steps off`,
    );
  }
});

test('typing slowly now and then is not taken for a drifting clock', () => {
  let known = { drift: 0, lean: 0 };
  for (const offset of [-1, 0, -1, 0, 0, 1, -1]) known = learnDrift(known, offset, 2);
  assert.equal(known.drift, 0);
});

test('any of several apps is accepted, and only the one that was used is spent', async () => {
  const subject = await house.person();
  const apps: TOTP[] = [];
  for (let i = 0; i < 2; i++) {
    await house.enrol(make(), subject, ({ uri }) => {
      const app = URI.parse(String(uri));
      assert.ok(app instanceof TOTP);
      apps.push(app);
      return { code: app.generate({ timestamp: house.clock.now() }) };
    });
  }
  house.clock.advance(90_000);
  for (const app of apps) {
    const code = app.generate({ timestamp: house.clock.now() });
    assert.equal(await house.spend(await house.verify(make(), subject, { code })), true);
  }
});

test('codes are read with spaces in them, and nothing else', async () => {
  const app = await appOf();
  const code = app.code();
  const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
  assert.equal((await house.verify(make(), app.subject, { code: spaced })).sound, true);
  for (const bad of [
    `${code}0`,
    code.slice(1),
    `٠١٢٣٤٥`,
    `${code}.`,
    `0x${code}`,
    '1e5555',
    '-12345',
  ]) {
    const verdict = await house.verify(make(), app.subject, { code: bad });
    assert.equal(!verdict.sound && verdict.reason, 'malformed', bad);
  }
});

test('base32 reads back what it wrote, and refuses all other texts for the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = base32(bytes);
      assert.deepEqual(fromBase32(text), bytes);
      assert.deepEqual(fromBase32(grouped(text).toLowerCase()), bytes);
      // RFC 4648 §3.5: stray bits in the last letter are another text for the same bytes.
      const last = text.at(-1);
      if (last !== undefined && bytes.length % 5 !== 0) {
        const stray = `${text.slice(0, -1)}${last === 'Z' ? '7' : String.fromCharCode(last.charCodeAt(0) + 1)}`;
        const read = fromBase32(stray);
        assert.ok(read === undefined || base32(read) === stray);
      }
    }),
  );
  // RFC 4648 §10.
  for (const [plain, coded] of [
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const) {
    assert.equal(base32(new TextEncoder().encode(plain)), coded);
  }
  for (const bad of ['M', 'MZ1', 'MZ8', 'MZ=', 'MZXW6Y'])
    assert.equal(fromBase32(bad), undefined, bad);
});

test('a TOTP sign-in costs one update, which also tells when it was used', async () => {
  const app = await appOf();
  const verdict = await house.verify(make(), app.subject, { code: app.code() });
  assert.ok(verdict.sound);
  let statements = 0;
  await house.store.write(async (tx) => {
    const counting = { ...tx, one: tx.one, all: tx.all, afterCommit: tx.afterCommit } as typeof tx;
    counting.run = (statement, parameters) => {
      statements++;
      return tx.run(statement, parameters);
    };
    return verdict.spend(counting);
  });
  assert.equal(statements, 1);
  const [proof] = await house.held(app.subject);
  assert.equal(proof?.lastUsedAt, house.clock.now());
});
