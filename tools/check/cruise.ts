/** Reads every import of the house and holds it against the rules. */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { ROOM_RULES } from './room-rules.ts';

export interface Breach {
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  readonly because: string;
}

const FOLDERS = ['contract', 'server', 'test', 'bench', 'tools', 'verify'];

/**
 * dependency-cruiser reads TypeScript with the compiler's JavaScript API, which ended with TypeScript 6; types are checked by
 * 7. So inside dependency-cruiser, and only there, `typescript` means 6.
 */
function giveCruiserTypeScript6(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const ours = context.parentURL?.includes('/node_modules/dependency-cruiser/') === true;
      const wanted = /^typescript(?=\/|$)/;
      return next(ours ? specifier.replace(wanted, 'typescript-6') : specifier, context);
    },
  });
}

export async function cruiseRooms(root: string): Promise<{ modules: number; breaches: Breach[] }> {
  giveCruiserTypeScript6();
  const { cruise } = await import('dependency-cruiser');
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(join(root, folder))),
    {
      baseDir: root,
      ruleSet: { forbidden: [...ROOM_RULES] },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      // What verify/ is packed from is built of its sources, which are looked at.
      exclude: { path: '(?:^|/)generated/|^verify/dist/' },
      skipAnalysisNotInRules: true,
    },
    { conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'] },
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser gave a text, not a result.');
  return { modules: countModules(output), breaches: output.summary.violations.map(breachOf) };
}

function countModules(result: ICruiseResult): number {
  return result.modules.filter(({ source }) => source.endsWith('.ts')).length;
}

function breachOf(violation: ICruiseResult['summary']['violations'][number]): Breach {
  return {
    from: violation.from,
    to: violation.to,
    rule: violation.rule.name,
    because: ROOM_RULES.find(({ name }) => name === violation.rule.name)?.comment ?? '',
  };
}
