import type { House } from '../house.ts';
import { countWords } from '../terminal/amounts.ts';
import { type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

const OFF = 'Set oidc.registration to false once nothing is to register any more.';

/** Whether applications can register themselves, and by how many invitations: each is a way in that nobody looks at. */
export const lookAtRegistration: Look = {
  name: 'registration',
  needs: [...OF_THE_HOUSE, 'oidc'],
  async look(context) {
    if (!context.loaded.config.oidc.registration) {
      return ok('Registration is off: applications are added by administrators alone.');
    }
    return findInHouse(context, {
      none: warn('Applications can register themselves; nobody invited any yet.', OFF),
      what: 'Invitations',
      judge: (house) => judge(house, context.clock.now()),
    });
  },
};

async function judge({ store, appInvitations }: House, now: number): Promise<Finding> {
  const { items } = await store.read((q) => appInvitations.list(q, { limit: 1000 }));
  const good = items.filter(({ state, expiresAt }) => state === 'good' && expiresAt > now);
  const places = good.reduce((sum, { uses, used }) => sum + uses - used, 0);
  if (places === 0) {
    return warn('Applications can register themselves, and no invitation is good now.', OFF);
  }
  const apps = countWords(places, 'more application');
  const invited = countWords(good.length, 'invitation');
  return ok(
    `Registration is on: ${apps} can come by ${invited} (./sallyport resource invitations).`,
  );
}
