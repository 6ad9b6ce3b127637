import type { House } from '../house.ts';
import { namedAt } from '../named-files.ts';
import { readTlsFiles, tlsFilesOf } from '../tls-files.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

/** Whether anybody can come in with a smart card at the port that is there for it. */
export const lookAtCards: Look = {
  name: 'smart cards',
  needs: [...OF_THE_HOUSE, 'cards', 'authority'],
  async look(context) {
    const { loaded } = context;
    const { cards } = loaded.config;
    if (!cards.enabled) return ok('Off (cards.enabled).');
    const files = tlsFilesOf(cards.tls);
    const read = files && readTlsFiles(files);
    const served =
      read?.ok === false
        ? [bad(read.error.what, read.error.mend + namedAt(loaded, 'cards.tls'))]
        : [];
    const found = await findInHouse(context, {
      none: warn(
        'No card is trusted yet.',
        'Make the authority, or trust one: ./sallyport authority trust add',
      ),
      judge: (house) => judge(house),
    });
    const findings = [...served, ...[found].flat()];
    const wrong = findings.filter(({ state }) => state !== 'ok');
    return wrong.length > 0 ? wrong : findings;
  },
};

async function judge({ authority, store }: House): Promise<Finding[]> {
  const trusted = await store.read(authority.trusted.list);
  const forPeople = trusted.filter(({ trustedFor }) => trustedFor.includes('person'));
  const own = (await authority.published()).some(({ role, inUse }) => role === 'issuing' && inUse);
  if (forPeople.length === 0 && !own) {
    return [
      warn(
        'No card is trusted: there is no CA whose certificates are for people.',
        './sallyport authority trust add FILE --name NAME --for person',
      ),
    ];
  }
  const unasked = forPeople.filter(({ wantsList }) => !wantsList).map(({ name }) => name);
  if (unasked.length > 0) {
    return [
      warn(
        `Cards that were revoked are let in where they are of ${unasked.join(', ')}: no revocation list is wanted.`,
        './sallyport authority trust import-list FILE --name NAME',
      ),
    ];
  }
  const names = [...(own ? ['your own authority'] : []), ...forPeople.map(({ name }) => name)];
  return [ok(`Cards of ${names.join(', ')} are trusted.`)];
}
