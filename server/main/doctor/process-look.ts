import { type Weakness, weaknessCodes } from '@sallyport/contract/processes.ts';
import type { House } from '../house.ts';
import { few } from './few.ts';
import { type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

const MOST = 2000;
const PAGE = 200;

/** Whether somebody answers for every program, and each can prove itself by something better than a secret. */
export const lookAtProcesses: Look = {
  name: 'processes',
  needs: [...OF_THE_HOUSE, 'processes', 'listen', 'proxy'],
  look(context) {
    const { listen, proxy } = context.loaded.config;
    const asked = listen.tls?.clientCertificates === true || proxy.certificate !== undefined;
    return findInHouse(context, {
      none: ok('There is none yet.'),
      judge: (house) => judge(house, asked),
    });
  },
};

const TELLS: Readonly<Record<Weakness, readonly [what: string, mend: string]>> = {
  orphaned: [
    'Nobody answers for',
    'Have somebody do: ./sallyport process change NAME --owner PERSON',
  ],
  'no-proof': [
    'No proof that is good is held by',
    'Add one: ./sallyport process proof add NAME key --public-key FILE, or disable it.',
  ],
  secret: [
    'By a secret, which can be copied without a trace, come',
    'Give it a key, a certificate or a workload, then remove the secret: ./sallyport process proof',
  ],
  distrusted: [
    'A proof by a CA that is trusted no more lets nobody in, and is still held by',
    'Remove it, or trust that CA again: ./sallyport process proof remove NAME PROOF',
  ],
  ended: [
    'A proof that has ended is still held by',
    'Remove it: ./sallyport process proof remove NAME PROOF',
  ],
  'ends-soon': [
    'A proof ends soon of',
    'Put another in its place: ./sallyport process rotate NAME',
  ],
  unused: [
    'A proof that has not been used for long is held by',
    'Remove it: ./sallyport process proof remove NAME PROOF',
  ],
};

/** `asked`: whether clients are asked for certificates. */
async function judge(house: House, asked: boolean): Promise<Finding[]> {
  const unheard: string[] = [];
  const found = new Map<Weakness, string[]>();
  let looked = 0;
  let after = '';
  for (let more = true; more && looked < MOST; ) {
    const page = await house.store.read((q) => house.processActs.list(q, { after, limit: PAGE }));
    for (const { process, weaknesses, proofs } of page.items) {
      looked += 1;
      const alone = proofs.length > 0 && proofs.every(({ kind }) => kind === 'certificate');
      if (!asked && alone && process.status === 'active') unheard.push(process.name);
      for (const code of weaknesses) {
        found.set(code, [...(found.get(code) ?? []), process.name]);
      }
    }
    more = page.next !== undefined;
    after = page.next ?? '';
  }
  if (looked === 0) return [ok('There is none yet.')];
  if (found.size === 0 && unheard.length === 0) {
    return [ok(`Somebody answers for each of ${looked}, and each has a proof that is good.`)];
  }
  const weak = weaknessCodes.flatMap((code) => {
    const names = found.get(code);
    const [what, mend] = TELLS[code];
    return names === undefined ? [] : [warn(`${what} ${few(names)}.`, mend)];
  });
  if (unheard.length === 0) return weak;
  const what = `No client is asked for a certificate, and that is all that is held by ${few(unheard)}.`;
  const mend = 'Set listen.tls.clientCertificates, or proxy.certificate where a proxy ends TLS.';
  return [...weak, warn(what, mend)];
}
