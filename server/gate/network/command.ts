/**
 * One command at a network device: may whoever logged in there run this, now? Asked each time, by the proofs of that login and their
 * ages. Each answer is on record before it is given, in the transaction in which it was found.
 */
import type { PersonId } from '../../kernel/id.ts';
import { failed } from '../../kernel/result.ts';
import type { PolicyRequest } from '../../policy/request.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Person } from '../../subjects/person.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { ActivePolicies, GateDeps } from '../gate-deps.ts';
import { circumstances, principalOf } from '../policy-request.ts';
import { agesOf, bounded } from '../shown.ts';
import { createChangeWindows } from './change-windows.ts';
import type { CommandConfig } from './command-config.ts';
import { type CommandText, readCommand } from './command-text.ts';
import type { CommandAsked, CommandOutcome } from './command-words.ts';
import { networkResource } from './network-resource.ts';
import { THROUGH } from './network-session-table.ts';
import type { NetworkSessions, OpenNetworkSession } from './network-sessions.ts';
import { createSensitive } from './sensitive-commands.ts';

export interface Commands {
  judge(asked: CommandAsked, arrival: Arrival): Promise<CommandOutcome>;
  /** Whether the login is open at that network device, and of somebody who still may be there. */
  stands(at: Pick<CommandAsked, 'session' | 'client'>): Promise<boolean>;
}

type Refused = CommandOutcome & { readonly state: 'refused' };

interface Judged {
  readonly outcome: CommandOutcome;
  readonly policies: readonly string[];
}

const refused = (reason: Refused['reason'], because?: string): Refused => ({
  state: 'refused',
  reason,
  because,
});

export function createCommand(
  deps: Pick<GateDeps, 'store' | 'record' | 'people' | 'policies' | 'clock'> & {
    readonly commands: CommandConfig;
  },
  sessions: Pick<NetworkSessions, 'open'>,
): Commands {
  const { store, record, people, policies, clock } = deps;
  const { sensitive, ordinary, windows } = deps.commands;
  const isSensitive = createSensitive({ more: sensitive, ordinary });
  const openWindows = createChangeWindows(windows);

  async function whoIsThere(
    q: Queries,
    { session, client }: Pick<CommandAsked, 'session' | 'client'>,
  ) {
    const open = session && (await sessions.open(q, session, client.device));
    if (open === undefined || THROUGH.includes(open.service)) return undefined;
    // A device is no person of that id, and so nobody.
    const person = await people.get(q, open.subject as PersonId);
    return person?.status === 'active' ? { open, person } : undefined;
  }

  function judge(
    active: ActivePolicies,
    { open, person }: { readonly open: OpenNetworkSession; readonly person: Person },
    command: CommandText,
    { client }: CommandAsked,
    arrival: Arrival,
  ): Judged {
    const now = clock.now();
    const { name, text } = command;
    const request: PolicyRequest = {
      principal: principalOf(person),
      action: 'runCommand',
      resource: networkResource(client),
      context: {
        ...circumstances(arrival, false, now),
        command: { name, text, sensitive: isSensitive(text), windows: openWindows(now) },
      },
    };
    const shown = agesOf(open.shown, now);
    const answer = active.ladder(request, shown, []);
    if (answer.state === 'permitted') {
      return { outcome: { state: 'granted' }, policies: answer.policies };
    }
    const because = active.explain(answer.policies)[0]?.because;
    // Whatever was shown can be shown again, and then is fresh.
    const again = active.ladder(
      request,
      shown.map((one) => ({ ...one, age: 0 })),
      [],
    );
    const reason = again.state === 'permitted' ? 'stale' : 'not-permitted';
    return { outcome: refused(reason, because), policies: answer.policies };
  }

  async function note(
    tx: Tx,
    asked: CommandAsked,
    { outcome, policies }: Judged,
    text: string,
    about: { readonly open: OpenNetworkSession } | undefined,
    arrival: Arrival,
  ): Promise<void> {
    const by = byArrival(arrival);
    const read = readCommand(text, []);
    const common = {
      ...by,
      subject: about?.open.subject,
      actor: about?.open.subject ?? asked.client.device,
      personal: { ...by.personal, command: text },
    };
    const data = {
      client: asked.client.device,
      sensitive: asked.command === undefined || !read.ok || isSensitive(read.value.text),
      policies: bounded(policies),
    };
    const login = about?.open.id;
    if (outcome.state === 'granted' && login !== undefined) {
      await record.append(tx, {
        type: 'command.granted',
        outcome: 'granted',
        ...common,
        data: { ...data, login },
      });
      return;
    }
    await record.append(tx, {
      type: 'command.refused',
      outcome: 'refused',
      ...common,
      ...(outcome.state === 'refused' ? { reason: reasonOf(outcome) } : {}),
      data: { ...data, ...(login === undefined ? {} : { login }) },
    });
  }

  async function judgeAsked(asked: CommandAsked, arrival: Arrival): Promise<CommandOutcome> {
    const command =
      asked.command === undefined
        ? failed('unread' as const)
        : readCommand(asked.command, asked.args);
    const text = command.ok
      ? command.value.text
      : visible([asked.command ?? [], asked.args].flat().join(' '));
    return store.write(async (tx) => {
      const [about, active] = await Promise.all([whoIsThere(tx, asked), policies.current(tx)]);
      const judged: Judged =
        about === undefined
          ? { outcome: refused('no-session'), policies: [] }
          : command.ok
            ? judge(active, about, command.value, asked, arrival)
            : { outcome: refused('malformed'), policies: [] };
      await note(tx, asked, judged, text, about, arrival);
      return judged.outcome;
    });
  }

  return {
    judge: judgeAsked,
    stands: async (at) => (await store.read((q) => whoIsThere(q, at))) !== undefined,
  };
}

function reasonOf({ reason }: Refused) {
  return reason === 'unavailable' ? 'fault' : reason;
}

/** What a terminal would obey, and what is no ASCII, written out: whoever reads the record is to see what came. */
function visible(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (one) => {
    return `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
