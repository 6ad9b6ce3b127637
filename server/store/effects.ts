import { Fault } from '../kernel/fault.ts';

/** Runs what follows a commit: each effect, whatever becomes of the others. */
export function runEffects(effects: readonly (() => void)[]): void {
  let failed: unknown;
  for (const effect of effects) {
    try {
      effect();
    } catch (cause) {
      failed ??= new Fault('store.misuse', 'what follows a commit failed; the change is durable', {
        cause,
      });
    }
  }
  if (failed) throw failed;
}
