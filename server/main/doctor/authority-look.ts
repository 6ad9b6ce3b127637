import type { PublishedCa } from '../../authority/x509/authority-words.ts';
import { DAY } from '../../kernel/clock.ts';
import type { House } from '../house.ts';
import { type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

const SOON = 60 * DAY;

/** Whether the authority can go on issuing, and the lists of CAs that are trusted are not over. */
export const lookAtAuthority: Look = {
  name: 'certificates',
  needs: [...OF_THE_HOUSE, 'authority'],
  look(context) {
    return findInHouse(context, {
      none: ok('There is no authority yet; the first certificate makes one.'),
      judge: (house) => judge(house, context.clock.now()),
    });
  },
};

/** CAs publish the next list before the last is over: one that is older was not fetched. */
const LATE = 0.8;

const moment = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Its key was taken out: its list stays what it was then. */
async function ofRootAway(
  authority: House['authority'],
  root: string,
  all: readonly PublishedCa[],
  now: number,
): Promise<Finding[]> {
  const list = await authority.listTimes(root);
  const { thisUpdate = 0, nextUpdate = 0 } = list ?? {};
  const unlisted = all.filter(
    ({ role, revokedAt, notAfter }) =>
      role === 'issuing' && revokedAt !== undefined && revokedAt > thisUpdate && notAfter > now,
  );
  const findings = unlisted.map(({ id }) =>
    warn(
      `The list of the root does not say yet that the issuing CA ${id.slice(0, 8)} is revoked: the root’s key is away.`,
      BRING_BACK,
    ),
  );
  if (nextUpdate - now >= SOON) return findings;
  const when = nextUpdate > now ? `is over on ${day(nextUpdate)}` : 'is over';
  return [
    ...findings,
    warn(
      `The list of the root ${when}, and whoever looks at lists trusts nothing below it from then on: the root’s key is away.`,
      BRING_BACK,
    ),
  ];
}

const BRING_BACK =
  'Bring it back, which signs the next list, and take it out again: ./sallyport authority import-root FILE, then export-root FILE --remove-key';

async function judge({ authority, store, listFetching }: House, now: number): Promise<Finding[]> {
  const all = await authority.published();
  const issuing = all.find(({ role, inUse }) => role === 'issuing' && inUse);
  const root = all.find(({ role, inUse }) => role === 'root' && inUse);
  const findings: Finding[] = [];
  if (root !== undefined && issuing === undefined) {
    findings.push(
      warn(
        'No issuing CA is in use.',
        root.hasKey
          ? 'The next certificate makes one, and so does ./sallyport authority init.'
          : 'Bring the root’s key back: ./sallyport authority import-root FILE',
      ),
    );
  }
  if (issuing !== undefined && root?.hasKey === false && issuing.notAfter - now < SOON) {
    findings.push(
      warn(
        `The issuing CA ends on ${day(issuing.notAfter)}, and the root’s key is away.`,
        'Bring it back, which makes the next one: ./sallyport authority import-root FILE',
      ),
    );
  }
  if (root?.hasKey === false) findings.push(...(await ofRootAway(authority, root.id, all, now)));
  for (const { name, wantsList, lists, notAfter } of await store.read(authority.trusted.list)) {
    const until = Math.min(...lists.map(({ list }) => list.nextUpdate ?? 0));
    if (wantsList && !(until > now && Number.isFinite(until))) {
      findings.push(
        warn(
          `Nothing of the CA ${name} is let in: its revocation list is over, or was never imported.`,
          `./sallyport authority trust import-list FILE --name "${name}"`,
        ),
      );
    }
    const [soonest] = [...lists].sort(
      (a, b) => (a.list.nextUpdate ?? 0) - (b.list.nextUpdate ?? 0),
    );
    if (soonest !== undefined && until > now) {
      const { thisUpdate, nextUpdate = until } = soonest.list;
      if (now > thisUpdate + (nextUpdate - thisUpdate) * LATE) {
        findings.push(
          warn(
            `A revocation list of the CA ${name} is over at ${moment(until)}; from then on nothing of it is let in.`,
            `./sallyport authority trust import-list FILE --name "${name}"`,
          ),
        );
      }
    }
    if (notAfter - now < SOON) {
      findings.push(
        warn(`The CA ${name} ends on ${day(notAfter)}.`, 'Add the one that comes after it.'),
      );
    }
  }
  for (const { name, url, failed } of await store.read(listFetching.sources)) {
    if (failed === undefined) continue;
    findings.push(
      warn(
        `The revocation list of the CA ${name} could not be fetched from ${url}: ${failed}.`,
        'See that this machine reaches it: fetch.networks names networks of your own.',
      ),
    );
  }
  if (findings.length > 0) return findings;
  return issuing === undefined
    ? [ok('There is no authority yet; the first certificate makes one.')]
    : [ok(`The issuing CA is good until ${day(issuing.notAfter)}.`)];
}
