/** Drives `post-load.ts`, and counts what answering costs: all processor time of this process but that of the thread which asks. */
import { startLoad } from './load.ts';
import type { PostLoad, PostLoaded } from './post-load.ts';

export interface Posted {
  /** Requests per second of processor time: what one core answers. */
  readonly perCore: number;
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

export function createPosting() {
  const asking = startLoad<PostLoad, PostLoaded>(new URL('./post-load.ts', import.meta.url));
  return {
    async post(load: PostLoad): Promise<Posted> {
      const before = process.cpuUsage();
      const loaded = await asking.ask(load);
      const { user, system } = process.cpuUsage(before);
      const spent = user + system - loaded.spent;
      return {
        perCore: (load.forms.length * 1_000_000) / spent,
        perSecond: (load.forms.length * 1000) / loaded.took,
        latencies: loaded.latencies,
      };
    },
    close: asking.close,
  };
}
