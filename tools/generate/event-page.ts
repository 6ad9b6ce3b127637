/** docs/events.md: the closed catalogue of what can stand in the record. */
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import { ocsfClasses, reasons } from '@sallyport/contract/event-parts.ts';
import { z } from 'zod';
import { table } from './generator.ts';

const INTRODUCTION = `# Events

<!-- Made from contract/event-catalogue.ts and contract/event-parts.ts. Change those, then run: npm run check -- --write -->

Everything that can stand in the record. The catalogue is closed: what is not here can't be recorded. Each type has a version,
which rises when the shape of its data changes; old events stay as they are. For those who translate them, each has the class of the
[Open Cybersecurity Schema Framework](https://schema.ocsf.io) that comes nearest, with its \`type_uid\`; exports hold the events as they are.
`;

export function eventPage(): string {
  const rows = Object.entries(catalogue).map(([type, kind]) => {
    const [name, activity] = kind.ocsf;
    const near = ocsfClasses[name];
    return [
      `\`${type}\``,
      kind.sentence,
      kind.outcomes.join(', '),
      kind.severity,
      `${near.name} ${near.uid * 100 + activity}`,
      String(kind.version),
      fieldsOf(kind.data),
    ];
  });
  const why = Object.entries(reasons).map(([reason, says]) => [`\`${reason}\``, String(says)]);
  return [
    INTRODUCTION,
    table(['type', 'in words', 'outcomes', 'severity', 'OCSF', 'version', 'data'], rows),
    '',
    '## Reasons',
    '',
    'Why something was refused or failed. Outsiders are told less.',
    '',
    table(['reason', 'in words'], why),
    '',
  ].join('\n');
}

function fieldsOf(data: z.ZodType): string {
  const schema = z.toJSONSchema(data, { io: 'input' });
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) return '–';
  return names.map((name) => (required.has(name) ? `\`${name}\`` : `\`${name}\`?`)).join(', ');
}
