import { SECOND } from '../../kernel/clock.ts';

/** Gives back to the system what starting took and serving does not need, some 30 MiB (docs/performance.md). */
export function letGoOfStart(): void {
  setTimeout(() => globalThis.gc?.({ type: 'major', flavor: 'last-resort' }), SECOND).unref();
}
