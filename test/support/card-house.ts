/** A web house with a port for smart cards, and certificates of people from its own authority and from another. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { request } from 'node:https';
import { type CardDoor, createCardDoor } from '../../server/doors/cards/card-door.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { freePort } from './free-port.ts';
import type { WebAnswer, WebClient } from './web-client.ts';
import { openWebHouse, type WebHouse } from './web-house.ts';

export interface ShownCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string | KeyObject;
}

export interface CardHouse extends WebHouse {
  readonly door: CardDoor;
  readonly cards: string;
  /** A certificate of our own authority, for this person. */
  issue(
    person: PersonId,
    name: string,
    /** As long as its profile has it, unless it is said. */
    lifetime?: number,
  ): Promise<ShownCertificate & { readonly serial: string; readonly der: Uint8Array }>;
}

export async function openCardHouse(change: Partial<HouseSettings> = {}): Promise<CardHouse> {
  const port = await freePort();
  const cards = `https://localhost:${port}`;
  const web = await openWebHouse(change, undefined, () => cards);
  const { house } = web.test;
  const door = createCardDoor(
    {
      cards: house.cards,
      ids: house.ids,
      origin: () => web.origin,
      later: () => () => {},
      report: house.report,
    },
    {
      host: 'localhost',
      port,
      proxy: undefined,
      async tls() {
        const own = await house.authority.serverCredentials('server');
        return { certificate: own.cert, key: own.key };
      },
    },
  );
  await door.start();
  return {
    ...web,
    door,
    cards,
    async issue(id, name, lifetime) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const issued = await house.store.write((tx) =>
        house.authority.issue(
          tx,
          {
            profile: 'person',
            publicKey,
            subject: { kind: 'person', id, name },
            ...(lifetime === undefined ? {} : { lifetime }),
          },
          { door: 'cli' },
        ),
      );
      assert.ok(issued.ok, JSON.stringify(issued));
      const { certificate, chain, serial } = issued.value;
      return {
        cert: [certificate, ...chain].map(pemOf).join(''),
        key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, // PEM is a text.
        serial,
        der: certificate,
      };
    },
    async close() {
      await door.stop();
      await web.close();
    },
  };
}

/** Where the link of a page leads that asks for a card. */
export function cardLink({ text }: Pick<WebAnswer, 'text'>): string {
  const [, href] = /href="(https:\/\/[^"]*\/card\?[^"]*)"/.exec(text) ?? [];
  assert.ok(href, 'the page asks for no card');
  return href.replaceAll('&amp;', '&');
}

/** Follows it as a browser does that has this certificate, or none, and gives where it is led back to. */
export function showCard(link: string, shown?: ShownCertificate): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      link,
      {
        rejectUnauthorized: false,
        agent: false,
        ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key as string }), // In PEM, both.
      },
      (response) => {
        response.resume();
        const { location } = response.headers;
        if (response.statusCode === 303 && location !== undefined) resolve(location);
        else reject(new Error(`the port for cards answered ${response.statusCode}`));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** From the link on a page to the page behind it. */
export async function bringBack(
  web: Pick<WebHouse, 'origin'>,
  browser: WebClient,
  location: string,
): Promise<WebAnswer> {
  assert.ok(location.startsWith(`${web.origin}/`), location);
  return browser.get(location.slice(web.origin.length));
}
