import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { roles } from '@sallyport/contract/people.ts';
import { processProofKinds } from '@sallyport/contract/processes.ts';
import { proofKinds } from '@sallyport/contract/proofs.ts';
import { actionGroups, actions, parts } from '../../server/policy/actions.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { leaves } from '../../server/policy/reads.ts';
import { policySchema } from '../../server/policy/shipped.ts';

const typeName = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1);

describe('the schema of policies', () => {
  const answer = loadCedar().schemaToJson(policySchema());
  assert.ok(answer.type === 'success');
  const schema = answer.json['']!; // No namespace is in use.

  const applies = ({ appliesTo }: (typeof schema.actions)[string]) =>
    (appliesTo?.principalTypes ?? []).length > 0;

  it('knows the same actions, of the same groups and forms, as the table of actions', () => {
    const named = Object.entries(schema.actions).filter(([, action]) => applies(action));
    assert.deepEqual(
      Object.fromEntries(
        named.map(([name, { memberOf, appliesTo }]) => [
          name,
          {
            groups: (memberOf ?? []).map(({ id }) => id).sort(),
            principals: appliesTo?.principalTypes.toSorted(),
            resources: appliesTo?.resourceTypes.toSorted(),
          },
        ]),
      ),
      Object.fromEntries(
        Object.entries(actions).map(([name, { groups, principals, resources }]) => [
          name,
          {
            groups: groups.toSorted(),
            principals: principals.map(typeName).sort(),
            resources: resources.map(typeName).sort(),
          },
        ]),
      ),
    );
    const groups = Object.keys(schema.actions).filter((name) => !applies(schema.actions[name]!));
    assert.deepEqual(groups.sort(), actionGroups.toSorted());
  });

  it('knows the same roles and parts', () => {
    const named = (type: string) => {
      const kind = schema.entityTypes[type];
      return kind && 'enum' in kind ? kind.enum : undefined;
    };
    assert.deepEqual(named('Role'), roles);
    assert.deepEqual(named('Part'), parts);
  });

  it('knows exactly the attributes of a context that are told', () => {
    const attributesOf = (name: string) => {
      const type = schema.commonTypes?.[name];
      assert.ok(type && 'attributes' in type);
      return Object.keys(type.attributes);
    };
    const asked = ['OfProofs', 'ToEnter', 'ToIssue', 'ToJoin', 'ToLogIn', 'ToRun'];
    const told = asked
      .map((what) => `Asked${what}`)
      .flatMap(attributesOf)
      .flatMap((name) => {
        const inner = { proven: 'Proven', command: 'Command' }[name];
        return inner === undefined ? name : attributesOf(inner).map((one) => `${name}.${one}`);
      });
    assert.deepEqual([...new Set(told)].sort(), leaves.toSorted());
  });

  it('names every kind of proof that counts', () => {
    for (const kind of [...proofKinds.filter((one) => one !== 'pass'), ...processProofKinds]) {
      assert.ok(policySchema().includes(`"${kind}"`), kind);
    }
  });
});
