/** The port for smart cards, as the configuration has it: where it is, and what it is served with. */
import type { Config } from '../config/sections.ts';
import type { CardDoor } from '../doors/cards/card-door.ts';
import { Fault } from '../kernel/fault.ts';
import { systemLater } from '../kernel/later.ts';
import { checkedNetworks } from '../kernel/networks.ts';
import type { House } from './house.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

/** Where browsers reach it: beside the house itself, unless the configuration names another place. */
export function cardsOrigin({ cards }: Pick<Config, 'cards'>, origin: string): string {
  if (cards.origin !== undefined) return new URL(cards.origin).origin;
  const url = new URL(origin);
  url.protocol = 'https:';
  url.port = String(cards.port);
  return url.origin;
}

export async function cardDoor(
  house: House,
  config: Config,
  origin: () => string,
): Promise<CardDoor> {
  const { createCardDoor } = await import('../doors/cards/card-door.ts');
  const { host, port, proxy } = config.cards;
  const passed = proxy && { header: proxy.header, from: checkedNetworks(proxy.from) };
  const { cards, ids, report } = house;
  return createCardDoor(
    { cards, ids, origin, later: systemLater(), report },
    { host, port, proxy: passed, tls: () => tlsOf(config, house) },
  );
}

/** Its own files, those of the web door, or a certificate of our own authority, the first that there is. */
async function tlsOf({ cards, listen }: Config, { authority }: House): Promise<TlsFiles> {
  const { certificate, key } = cards.tls ?? listen.tls ?? {};
  if (certificate === undefined || key === undefined) {
    const own = await authority.serverCredentials('server');
    return { certificate: own.cert, key: own.key };
  }
  const read = readTlsFiles({ certificate, key });
  if (!read.ok) throw new Fault('config', `cards: ${read.error.what}`);
  return read.value.pem;
}
