/** Devices at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { DevicesDesk, NewDevice } from '../devices-desk.ts';
import { serverNamed } from './server-named.ts';
import { serverPages } from './server-pages.ts';

export function serverDevices({ call }: Connection): DevicesDesk {
  /** What is not given stays away. */
  function bodyOf({ groups, addresses, ...rest }: Partial<NewDevice>) {
    return {
      ...rest,
      ...(groups === undefined ? {} : { groups: [...groups] }),
      ...(addresses === undefined ? {} : { addresses: [...addresses] }),
    };
  }

  return {
    find: (named) => serverNamed(named, (sent) => call('showDevice', sent)),

    list: ({ after, limit, orphaned, ...filter }) =>
      serverPages({ after, limit }, (paging) =>
        call('listDevices', {
          query: { ...filter, ...(orphaned ? { orphaned: 'true' as const } : {}), ...paging },
        }),
      ),

    add: ({ groups, addresses, ...rest }) =>
      call('addDevice', { body: { ...rest, groups: [...groups], addresses: [...addresses] } }),
    import: (csv, apply) => call('importDevices', { body: { csv, apply } }),
    change: (id, change) => call('changeDevice', { params: { id }, body: bodyOf(change) }),
    disable: (id) => call('disableDevice', { params: { id } }),
    enable: (id) => call('enableDevice', { params: { id } }),
    retire: (id) => call('retireDevice', { params: { id } }),

    addProof: (id, { expiresAt, overlapUntil, kind, ...proof }) => {
      const given = Object.fromEntries(
        Object.entries(proof).filter(([, value]) => value !== undefined),
      );
      const times = Object.entries({ expiresAt, overlapUntil }).flatMap(([name, at]) =>
        at === undefined ? [] : [[name, new Date(at).toISOString()]],
      );
      return call('addDeviceProof', {
        params: { id },
        body: { kind, ...given, ...Object.fromEntries(times) },
      });
    },

    endProof: (id, proof) => call('endDeviceProof', { params: { id, proof } }),
  };
}
