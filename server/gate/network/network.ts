/**
 * Network devices and those who come by them: the gate's words for the doors of the network. What is decided is decided as
 * everywhere: a login is an attempt (prove.ts), a device that joins shows its certificate (admit.ts), a command is asked about each
 * time (command.ts).
 */
import { Fault } from '../../kernel/fault.ts';
import type { Arrival } from '../arrival.ts';
import type { Ask } from '../ask.ts';
import type { GateDeps } from '../gate-deps.ts';
import type { Offer } from '../offer.ts';
import type { Settled } from '../settle.ts';
import { createAccounting, keptOf } from './accounting.ts';
import { createAdmit } from './admit.ts';
import { certifiedDevice } from './certified-device.ts';
import type { Clients } from './clients.ts';
import { createCommand } from './command.ts';
import { createHeard } from './heard.ts';
import type { LogInApprovals } from './log-in-approvals.ts';
import { networkResource } from './network-resource.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { LogInOutcome, Network } from './network-words.ts';
import { createUnheard } from './unheard.ts';
import { createUnjudged } from './unjudged.ts';

export function createNetwork(
  deps: GateDeps,
  parts: {
    readonly clients: Clients;
    readonly sessions: NetworkSessions;
    ask(ask: Ask, arrival: Arrival, offer?: Offer): Promise<Settled>;
    prove(token: string, offer: Offer, arrival: Arrival): Promise<Settled>;
    readonly approvals: LogInApprovals;
    /** A fault refuses, and is on record. */
    closedOnFault<T>(
      arrival: Arrival,
      action: string,
      work: () => Promise<T>,
    ): Promise<T | { readonly state: 'refused'; readonly reason: 'unavailable' }>;
  },
): Network {
  const { store, people, devices, deviceProofs, certificates } = deps;
  const { clients, sessions, closedOnFault } = parts;
  const admit = createAdmit(deps, sessions);
  const commands = createCommand(deps, sessions);
  const account = createAccounting({ ...deps, sessions });
  const unheard = createUnheard(deps);
  const heard = createHeard(deps);

  function toLogIn(settled: Settled): LogInOutcome {
    if (settled.state === 'admitted') return { state: 'granted', login: settled.login };
    if (settled.state !== 'granted') return settled;
    throw new Fault('gate', 'an attempt at a network device became a session');
  }

  return {
    client: (protocol, address) => clients.byAddress(protocol, address),

    async clientByCertificate(_protocol, chain, address) {
      const found = await store.read(async (q) => {
        const judged = await certificates.judge(q, chain, 'client');
        if (!judged.ok) return undefined;
        const held = await certifiedDevice(q, deviceProofs, judged, chain[0]);
        const device = held && (await devices.get(q, held.device));
        return device && { device, proof: held.proof, shown: judged };
      });
      const client = found && (await clients.asClient(found.device, address));
      return client && { ...client, proof: found.proof, shown: found.shown };
    },

    unheard,
    unjudged: createUnjudged(deps),

    logIn({ identifier, client, service }, arrival, offer) {
      return closedOnFault(arrival, 'logIn', async () => {
        if (arrival.channel !== client.device) {
          throw new Fault('gate', 'a login that is not bound to its network device');
        }
        await heard(client, arrival);
        const wish = {
          action: 'logIn',
          resource: networkResource(client),
          login: { client: client.device, epoch: client.epoch, service: service.slice(0, 64) },
        } as const;
        return toLogIn(await parts.ask({ to: 'logIn', identifier, wish }, arrival, offer));
      });
    },

    prove(token, offer, arrival) {
      return closedOnFault(arrival, `prove ${offer.kind}`, async () =>
        toLogIn(await parts.prove(token, offer, arrival)),
      );
    },

    hold: (token, holding, arrival) =>
      closedOnFault(arrival, 'logIn', () => parts.approvals.hold(token, holding, arrival)),

    collect: (token, arrival) =>
      closedOnFault(arrival, 'logIn', async () => {
        const collected = await parts.approvals.collect(token, arrival);
        return collected.state === 'waiting' ? collected : toLogIn(collected);
      }),

    withdraw: (token, arrival) => parts.approvals.withdraw(token, arrival),

    admit: (joining, client, arrival) =>
      closedOnFault(arrival, 'joinNetwork', async () => {
        await heard(client, arrival);
        return admit(joining, client, arrival);
      }),

    stands: (session, client) => commands.stands({ session, client }),

    command: (asked, arrival) =>
      closedOnFault(arrival, 'runCommand', async () => {
        await heard(asked.client, arrival);
        return commands.judge(asked, arrival);
      }),

    async unused(session, client, arrival) {
      await store.write((tx) => sessions.end(tx, session, client.device, 'ended', arrival));
    },

    async account(report, client, arrival) {
      await heard(client, arrival);
      return account(report, client, arrival);
    },

    async sessionOf(client, identifier, deviceSession = '') {
      return store.read(async (q) => {
        const person = await people.byLookup(q, people.lookup(identifier));
        if (person === undefined) return undefined;
        const called = keptOf(deviceSession);
        return (await sessions.newest(q, person.id, client.device, called))?.id;
      });
    },

    onEnded: (listener) => sessions.onEnded(listener),
    told: (session, told) => sessions.told(session, told),
    onChanged: (listener) => sessions.onChanged(listener),
  };
}
