/** Processes at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { Entry, NewProcess, ProcessesDesk, ProofTerms } from '../processes-desk.ts';
import { wholeMinutes } from '../whole-minutes.ts';
import { serverNamed } from './server-named.ts';
import { serverPages } from './server-pages.ts';

export function serverProcesses({ call }: Connection): ProcessesDesk {
  const entriesOf = (entries: readonly Entry[]) =>
    entries.map(({ resource, scopes }) => ({ resource, scopes: [...scopes] }));

  /** What is not given stays away. */
  function bodyOf({ groups, entries, ...rest }: Partial<NewProcess>) {
    return {
      ...rest,
      ...(groups === undefined ? {} : { groups: [...groups] }),
      ...(entries === undefined ? {} : { entries: entriesOf(entries) }),
    };
  }

  function termsOf({ settings, expiresAt }: ProofTerms) {
    return {
      ...(settings === undefined ? {} : { settings: settings as Record<string, unknown> }), // Settings are objects.
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    };
  }

  return {
    find: (named) => serverNamed(named, (sent) => call('showProcess', sent)),

    list: ({ after, limit, orphaned, ...filter }) =>
      serverPages({ after, limit }, (paging) =>
        call('listProcesses', {
          query: { ...filter, ...(orphaned ? { orphaned: 'true' as const } : {}), ...paging },
        }),
      ),

    add: ({ groups, entries, ...rest }) =>
      call('addProcess', { body: { ...rest, groups: [...groups], entries: entriesOf(entries) } }),
    change: (id, change) => call('changeProcess', { params: { id }, body: bodyOf(change) }),
    disable: (id) => call('disableProcess', { params: { id } }),
    enable: (id) => call('enableProcess', { params: { id } }),

    addProof: (id, { kind, name, ...terms }) =>
      call('addProcessProof', { params: { id }, body: { kind, name, ...termsOf(terms) } }),

    async rotate(id, { proof, overlap, ...terms }) {
      const minutes = wholeMinutes('--overlap', overlap);
      if (!minutes.ok) return minutes;
      const body = { ...termsOf(terms), overlapMinutes: minutes.value };
      return call('rotateProcessProof', { params: { id, proof }, body });
    },

    removeProof: (id, proof) => call('removeProcessProof', { params: { id, proof } }),
  };
}
