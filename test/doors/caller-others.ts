/** People who log in at hosts by SSH or sign in with a smart card, programs that ask who they are, and what anyone may read. */
import { generateKeyPairSync } from 'node:crypto';
import {
  createAskPeers,
  type PeerCredentials,
} from '../../server/doors/spiffe/peer-credentials.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import {
  bringBack,
  cardLink,
  openCardHouse,
  type ShownCertificate,
  showCard,
} from '../support/card-house.ts';
import { addDevice } from '../support/network.ts';
import { enrolledPerson } from '../support/people.ts';
import { addProcess } from '../support/processes.ts';
import { openServedHouse } from '../support/served-house.ts';
import { OWN_UID, openSpiffeHouse } from '../support/spiffe-house.ts';
import { createWebClient, heading } from '../support/web-client.ts';
import type { CallerDoor } from './caller.ts';
import { ofPerson } from './caller-network.ts';

const NO_PROOF = { because: 'It tells everyone the same, and nobody proves anything there.' };
const NO_GUESS = { because: 'A signature is no guess, and is never held up.' };
const BY = { door: 'cli' } as const;

const POLICY = `
@id("all") @because("Everybody, as themselves.") @ssh("accounts=self minutes=60")
permit (principal is Person, action == Action::"logIn", resource == Network::"desk1");
`;

export const ssh: CallerDoor = {
  async open() {
    const policies = { ...shippedPolicies(), 'test.cedar': POLICY };
    const house = await openServedHouse({ parts: { shippedPolicies: policies } });
    await addDevice(house, 'desk1', { kind: 'server' });
    const ada = await enrolledPerson(house, 'ada');
    const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
    const publicKey = key === undefined ? '' : keyLine(key);
    const open = { to: 'signIn', identifier: 'ada' };
    async function logsIn(password: string): Promise<boolean> {
      const begun = await house.api('beginAttempt', { body: open });
      let answer = begun;
      for (const proof of [
        { kind: 'password', data: { password } },
        { kind: 'totp', data: { code: ada.totp.code() } },
      ]) {
        const { id, token } = answer.json?.attempt ?? {};
        if (answer.status >= 300 || id === undefined) return false;
        answer = await house.api('offerProof', { params: { id }, body: { attempt: token, proof } });
      }
      const token = answer.json?.session?.token;
      if (token === undefined) return false;
      const body = { host: 'desk1', publicKey };
      return (await house.api('logInBySsh', { token, body })).status === 201;
    }
    return {
      test: house,
      right: () => logsIn(ada.password),
      wrong: () => logsIn('not the password'),
      ...ofPerson(house, ada),
      close: () => house.close(),
    };
  },
  granted: 'ssh.certificate-issued granted',
  wrong: 'proof.refused refused wrong',
  disabled: 'proof.refused refused disabled',
  throttled: { after: 5, record: 'proof.refused refused throttled' },
  unreadable: 'signin.refused refused no-rung',
};

export const spiffe: CallerDoor = {
  async open() {
    let change = (peer: PeerCredentials): PeerCredentials => peer;
    const ask = createAskPeers();
    const test = await openSpiffeHouse({
      askPeers: async (descriptors) => (await ask(descriptors)).map((peer) => peer && change(peer)),
    });
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`);
    const { house } = test;
    const asks = async () => (await test.callBy({})).startsWith('identity of ');
    return {
      test,
      right: asks,
      async wrong() {
        change = (peer) => ({ ...peer, start: String(Number(peer.start) + 1) });
        const done = await asks();
        change = (peer) => peer;
        return done;
      },
      disable: () => house.store.write((tx) => house.processes.disable(tx, billing.id, BY)),
      enable: () => house.store.write((tx) => house.processes.enable(tx, billing.id, BY)),
      close: () => test.close(),
    };
  },
  granted: 'workload.attested granted',
  wrong: 'workload.refused refused unknown-subject',
  disabled: 'workload.refused refused unknown-subject',
  throttled: { because: 'Nothing is guessed: the kernel says who calls.' },
  unreadable: {
    because: 'No policy is asked: what a program may enter is judged where it enters.',
  },
};

export const cards: CallerDoor = {
  async open() {
    const web = await openCardHouse();
    const { test } = web;
    const ada = await enrolledPerson(test, 'ada');
    const card = await web.issue(ada.id, 'Ada');
    await test.house.cards.assign([card.der], ada.id, undefined, BY);
    const bob = await enrolledPerson(test, 'bob');
    const unassigned = await web.issue(bob.id, 'Bob');
    async function shows(shown: ShownCertificate): Promise<boolean> {
      const browser = createWebClient(web.origin);
      await browser.get('/signin');
      const page = await browser.follow(await browser.post('/signin/card', {}));
      if (page.status !== 200) return false;
      const location = await showCard(cardLink(page), shown);
      const next = await browser.follow(await bringBack(web, browser, location));
      if (heading(next) !== 'One more proof') return false;
      const last = await browser.post('/signin/step', {
        kind: 'password',
        password: ada.password,
      });
      return last.location === '/me';
    }
    return {
      test,
      right: () => shows(card),
      wrong: () => shows(unassigned),
      ...ofPerson(test, ada),
      close: () => web.close(),
    };
  },
  granted: 'signin.granted granted',
  wrong: 'proof.refused refused unknown-subject',
  disabled: 'proof.refused refused disabled',
  throttled: NO_GUESS,
  unreadable: 'signin.refused refused no-rung',
};

export const pki: CallerDoor = {
  async open() {
    const house = await openServedHouse();
    await house.house.authority.chain();
    return {
      test: house,
      right: async () => (await house.send({ path: '/pki/issuing.crl' })).status === 200,
      wrong: async () => false,
      // The listener tells of what fails below it.
      reports: () => house.logged.filter((line) => line.includes('"level":50')).length,
      disable: async () => {},
      enable: async () => {},
      close: () => house.close(),
    };
  },
  granted: { because: 'What anyone may read is counted, and not on record.' },
  unwritten: NO_PROOF,
  wrong: NO_PROOF,
  disabled: NO_PROOF,
  throttled: NO_PROOF,
  unreadable: NO_PROOF,
};
