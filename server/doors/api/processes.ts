/** Looking after processes. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { processOperations } from '@sallyport/contract/api/processes.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { type PersonId, parseId, type ResourceId } from '../../kernel/id.ts';
import type { ProcessChange } from '../../subjects/processes.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import {
  addedProof,
  processProblem,
  processProofProblem,
  process as view,
} from './process-views.ts';
import { answered, never, Told } from './told.ts';

const nothing = () => undefined;
const notFound = () => new Told('not-found');
const moment = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

interface GivenEntry {
  readonly resource: string;
  readonly scopes: readonly string[];
}

export function processHandlers(
  { processAdministration: processes }: Pick<ApiDeps, 'processAdministration'>,
  cursors: Cursors,
): Handlers<keyof typeof processOperations> {
  /** What has not the form of an id of ours is nobody’s. */
  function refs(owner: string | undefined, entries: readonly GivenEntry[] | undefined) {
    const person = owner === undefined ? undefined : parseId<'person'>(owner);
    if (owner !== undefined && person === undefined) return new Told('owner-not-found');
    const read: { resource: ResourceId; scopes: readonly string[] }[] = [];
    for (const { resource, scopes } of entries ?? []) {
      const id = parseId<'resource'>(resource);
      if (id === undefined) return new Told('resource-not-found', { resource });
      read.push({ resource: id, scopes });
    }
    return { person, entries: read };
  }

  return {
    async listProcesses({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, status, owner, resource, orphaned } = query;
      const list = `processes ${status ?? '*'} ${owner ?? '*'} ${resource ?? '*'} ${orphaned ?? '*'}`;
      const begins = cursors.read(list, cursor);
      if (begins instanceof Told) return begins;
      const person = owner === undefined ? undefined : parseId<'person'>(owner);
      const entered = resource === undefined ? undefined : parseId<'resource'>(resource);
      if ((owner !== undefined && !person) || (resource !== undefined && !entered)) {
        return notFound();
      }
      const filter = {
        limit,
        ...begins,
        ...(status === undefined ? {} : { status }),
        ...(person === undefined ? {} : { owner: person as PersonId }),
        ...(entered === undefined ? {} : { resource: entered as ResourceId }),
        ...(orphaned === undefined ? {} : { orphaned: true }),
      };
      return answered(
        await processes.list(token, filter, arrival),
        ({ items, next }) => ({ items: items.map(view), next: cursors.write(list, next) }),
        never,
      );
    },

    async addProcess({ body }, { token, arrival, once }) {
      const { name, owner, purpose, groups, entries } = body;
      const read = refs(owner, entries);
      if (read instanceof Told) return read;
      const process = { name, owner: read.person, purpose, groups, entries: read.entries };
      return answered(await processes.add(token, process, arrival, once), view, processProblem);
    },

    async showProcess({ params }, { token, arrival }) {
      return answered(await processes.show(token, params.id, arrival), view, notFound);
    },

    async changeProcess({ params, body }, { token, arrival }) {
      const { owner, entries, ...rest } = body;
      const read = refs(owner, entries);
      if (read instanceof Told) return read;
      const change = {
        ...rest,
        ...(owner === undefined ? {} : { owner: read.person }),
        ...(entries === undefined ? {} : { entries: read.entries }),
      } as ProcessChange; // What is not there is left out, not undefined.
      return answered(
        await processes.change(token, params.id, change, arrival),
        view,
        processProblem,
      );
    },

    async disableProcess({ params }, { token, arrival }) {
      return answered(await processes.disable(token, params.id, arrival), view, processProblem);
    },

    async enableProcess({ params }, { token, arrival }) {
      return answered(await processes.enable(token, params.id, arrival), view, processProblem);
    },

    async addProcessProof({ params, body }, { token, arrival, once }) {
      const { kind, name, settings, notBefore, expiresAt } = body;
      const terms = {
        kind,
        name,
        settings,
        notBefore: moment(notBefore),
        expiresAt: moment(expiresAt),
      };
      const done = await processes.addProof(token, params.id, terms, arrival, once);
      return answered(done, addedProof, processProofProblem);
    },

    async rotateProcessProof({ params, body }, { token, arrival, once }) {
      const proof = parseId<'proof'>(params.proof);
      if (proof === undefined) return notFound();
      const { settings, expiresAt, overlapMinutes } = body;
      const overlap = overlapMinutes * MINUTE;
      const terms = { proof, settings, expiresAt: moment(expiresAt), overlap };
      const done = await processes.rotate(token, params.id, terms, arrival, once);
      return answered(done, addedProof, processProofProblem);
    },

    async removeProcessProof({ params }, { token, arrival }) {
      const proof = parseId<'proof'>(params.proof);
      if (proof === undefined) return notFound();
      const removed = await processes.removeProof(token, params.id, proof, arrival);
      return answered(removed, nothing, notFound);
    },
  };
}
