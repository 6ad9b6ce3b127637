import { administratorsOf } from '../../gate/use-cases/people/administrators.ts';
import type { House } from '../house.ts';
import { countWords } from '../terminal/amounts.ts';
import { bad, type Finding, type Look, type LookContext, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';
import { circumstances, tryOut } from './sign-in-trial.ts';

/** Whether the policies in force can be read and fit the schema, and leave someone who can govern. */
export const lookAtPolicy: Look = {
  name: 'policy',
  needs: OF_THE_HOUSE,
  look(context) {
    return findInHouse(context, {
      none: ok('The policies that come with Sallyport.'),
      judge: (house) => judge(house, context),
    });
  },
};

export async function judge(
  house: Pick<House, 'store' | 'policies' | 'people' | 'proofs'>,
  { clock }: Pick<LookContext, 'clock'>,
): Promise<Finding> {
  const { store, policies } = house;
  const files = await store.read((q) => policies.files(q));
  if (!files.ok) {
    return bad(
      `They can’t be read: ${files.error}.`,
      'Everything is refused. Put the database back from a backup, or activate policies anew: ./sallyport policy activate folder.',
    );
  }
  const { version } = files.value;
  const which =
    version === 0 ? 'The policies that come with Sallyport' : `Version ${version} is in force`;
  const vetted = await policies.check(files.value.files);
  if (!vetted.ok) {
    return warn(
      `${which}. They could not be checked now.`,
      'Try again when the machine has less to do: ./sallyport doctor',
    );
  }
  const problems = vetted.value;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) {
    return bad(
      `Version ${version} has ${countWords(errors, 'error')}, so everything is refused.`,
      './sallyport policy show --to FOLDER, mend them, and ./sallyport policy activate FOLDER',
    );
  }
  const administrators = await store.read((q) => administratorsOf(q, house));
  if (administrators.length === 0) {
    return warn(
      `${which}. Nobody can administer yet: no administrator has set up their proofs.`,
      'Open the link that ./sallyport serve shows at its start, or: ./sallyport pass issue NAME',
    );
  }
  const active = await store.read((q) => policies.current(q));
  const able = administrators.filter((one) =>
    circumstances(clock.now()).some((context) =>
      (
        [
          ['signIn', 'portal'],
          ['policy.change', 'policy'],
        ] as const
      ).every(([action, part]) => tryOut(active, one, action, part, context).state !== 'refused'),
    ),
  );
  if (able.length === 0) {
    return bad(
      `${which}. No administrator can sign in and change them with the proofs that they hold.`,
      'Issue one a pass to set up what the policies ask for (./sallyport pass issue NAME), or activate others: ./sallyport policy activate folder.',
    );
  }
  if (able.length === 1) {
    return warn(
      `${which}. A single administrator can sign in and change them.`,
      'Make a second one: who loses the last passkey loses the office. ./sallyport person add NAME --role administrator',
    );
  }
  return ok(`${which}. ${able.length} administrators can sign in and change them.`);
}
