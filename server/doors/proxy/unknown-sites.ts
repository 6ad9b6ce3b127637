/**
 * Says in the log that a proxy asked about a host that no site goes by: most often one whose port is not named. Anyone can ask for
 * any host, so it is one line a minute, with how many more there were.
 */
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Notice } from '../../kernel/notice.ts';

export function createUnknownSites(clock: Clock, notice: Notice): (host: string) => void {
  let quietUntil = 0;
  let more = 0;
  return (host) => {
    const now = clock.now();
    if (now < quietUntil) {
      more += 1;
      return;
    }
    const others = more === 0 ? '' : ` Since the last such line there were ${more} more.`;
    quietUntil = now + MINUTE;
    more = 0;
    notice(
      'warn',
      `A proxy asked about ${host}, and no site goes by it. A site’s hosts name the port, too, where it is not 443.${others}`,
    );
  };
}
