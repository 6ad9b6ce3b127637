import { StatementSync } from 'node:sqlite';
import type { TestContext } from 'node:test';

/** The next commit to SQLite finds the disk full, and none of its group is made. */
export function fillDisk(context: TestContext): void {
  const run = StatementSync.prototype.run;
  const mocked = context.mock.method(
    StatementSync.prototype,
    'run',
    function (this: StatementSync, ...given: Parameters<typeof run>) {
      if (this.sourceSQL !== 'commit') return run.apply(this, given);
      mocked.mock.restore();
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    },
  );
}
