/** How long a command waits for its person at the browser: until they come, give up, or stay away for too long. */
import { MINUTE } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { durationWords } from '../terminal/amounts.ts';
import type { Output } from '../terminal/output.ts';
import type { SignInDeps, Why } from './sign-in.ts';

export function createGivenUp(
  later: Later,
  { notice }: Pick<Output, 'notice'>,
): SignInDeps['givenUp'] {
  return (most) => {
    let settle: (why: Why) => void = () => {};
    const done = new Promise<Why>((resolve) => {
      settle = resolve;
    });
    let left = most;
    let cancel = later(Math.min(MINUTE, left), passed);
    /** Said each minute: whoever looks at the terminal is to know what it waits for. */
    function passed() {
      left -= MINUTE;
      if (left <= 0) return settle('late');
      notice(`Still waiting for the browser, for ${durationWords(left)} more.`);
      cancel = later(Math.min(MINUTE, left), passed);
    }
    const onInterrupt = () => settle('stopped');
    process.once('SIGINT', onInterrupt);
    return {
      done,
      stop() {
        cancel();
        process.off('SIGINT', onInterrupt);
      },
    };
  };
}
