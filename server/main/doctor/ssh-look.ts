import { hostsOf } from '../../authority/ssh/host-standing.ts';
import { DAY } from '../../kernel/clock.ts';
import type { House } from '../house.ts';
import { few } from './few.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

/** Nothing says that a key must go by then; somebody should have thought of it. */
const OLD = 730 * DAY;
/** Hosts renew from two thirds on: one that has not by now does not do it by itself. */
const LATE = 5 / 6;

/** How old the keys are that sign SSH certificates, and whether hosts renew theirs. */
export const lookAtSsh: Look = {
  name: 'SSH',
  needs: OF_THE_HOUSE,
  look(context) {
    return findInHouse(context, {
      none: ok('There is no key that signs SSH certificates yet.'),
      judge: (house) => judge(house, context.clock.now()),
    });
  },
};

async function judge({ ssh, store, devices }: House, now: number): Promise<Finding[]> {
  const { keys, hosts } = await store.read(async (q) => {
    const standing = await hostsOf(q, now);
    const active = await Promise.all(
      standing.map(async (one) => ({
        ...one,
        active: (await devices.get(q, one.deviceId))?.status === 'active',
      })),
    );
    return { keys: await ssh.keys.list(q), hosts: active.filter(({ active }) => active) };
  });
  if (keys.length === 0) return [ok('There is no key that signs SSH certificates yet.')];
  const findings: Finding[] = [];
  for (const { kind, createdAt, state } of keys) {
    if (state !== 'active' || createdAt > now - OLD) continue;
    const years = Math.floor((now - createdAt) / (365 * DAY));
    findings.push(
      warn(
        `The key that signs SSH certificates of ${kind === 'user' ? 'people' : 'hosts'} is ${years} years old.`,
        `./sallyport ssh rotate ${kind}`,
      ),
    );
  }
  const over = hosts.filter(({ expiresAt }) => expiresAt <= now).map(({ host }) => host);
  const late = hosts
    .filter(
      ({ issuedAt, expiresAt }) =>
        expiresAt > now && now >= issuedAt + (expiresAt - issuedAt) * LATE,
    )
    .map(({ host }) => host);
  if (over.length > 0) {
    findings.push(
      bad(
        `The SSH certificate is over of ${few(over)}: nobody recognises these hosts.`,
        './sallyport ssh host-certificate NAME KEY.pub, and on the host: ./sallyport ssh setup NAME --print renew',
      ),
    );
  }
  if (late.length > 0) {
    findings.push(
      warn(
        `The SSH certificate runs out soon, and was not renewed, of ${few(late)}.`,
        'Look at the timer on the host: ./sallyport ssh setup NAME --print renew',
      ),
    );
  }
  if (findings.length > 0) return findings;
  return [
    ok(
      hosts.length === 0
        ? 'The keys that sign are young enough; no host has a certificate.'
        : `The keys that sign are young enough; ${hosts.length === 1 ? '1 host has a certificate that is' : `${hosts.length} hosts have certificates that are`} good for a while.`,
    ),
  ];
}
