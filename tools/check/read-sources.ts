/** Reads every source of ours once and holds it against the source rules. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-6';
import { RULES } from './source-rules.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly because: string;
}

const LONGEST = 400;

export function readSources(root: string): { files: number; findings: Finding[] } {
  const files = globSync('{contract,server,tools,verify}/**/*.ts', {
    cwd: root,
    exclude: (path) =>
      path.includes('node_modules') || path.includes('generated') || path.startsWith('verify/dist'),
  }).sort();
  return {
    files: files.length,
    findings: files.flatMap((file) => examine(file, readFileSync(join(root, file), 'utf8'))),
  };
}

export function examine(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.TS);
  const findings: Finding[] = [];
  const rules = RULES.filter((rule) => rule.appliesTo(file));

  const visit = (node: ts.Node): void => {
    for (const { name, because, finds } of rules) {
      if (!finds(node)) continue;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      findings.push({ file, line: line + 1, rule: name, because });
    }
    ts.forEachChild(node, visit);
  };
  if (rules.length > 0) visit(source);

  const lines = text.split('\n').length - 1;
  if (lines > LONGEST) {
    findings.push({
      file,
      line: LONGEST + 1,
      rule: 'files stay small',
      because: `It has ${lines} lines; over ${LONGEST}, a file asks whether it is two things.`,
    });
  }
  return findings;
}
