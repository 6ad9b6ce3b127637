/** docs/configuration.md: every setting, from the sections that the rooms give. */
import {
  rootSchema,
  type SettingSchema,
  variableOf,
  wantedBy,
} from '../../server/config/settings.ts';
import { lowered, table } from './generator.ts';

const INTRODUCTION = `# Configuration

<!-- Made from the *-config.ts files of server/. Change those, then run: npm run check -- --write -->

Sallyport runs without any configuration. What you want otherwise stands in one file, \`sallyport.yaml\`, in the folder that
Sallyport is started in; \`--config FILE\` or \`SALLYPORT_CONFIG\` names another. Every setting is optional.

\`\`\`yaml
# yaml-language-server: $schema=./docs/sallyport.schema.json
listen:
  host: 0.0.0.0
  port: 443
  origin: https://signin.example.com
  tls:
    certificate: /etc/sallyport/signin.pem
    key: /etc/sallyport/signin.key
database:
  file: /etc/sallyport/database-url
\`\`\`

- A name that is no setting is refused, with its line and the nearest right name. Nothing starts on a configuration that has a
  problem. \`./sallyport config check\` tells all problems at once; \`./sallyport config show\` tells what is in force and where
  each value comes from.
- A variable overrides its setting: \`SALLYPORT_LISTEN__PORT=8443\`. Two underscores go one level down, one stands between words.
  Lists are separated by commas. A variable that begins with \`SALLYPORT_\` and belongs to no setting is refused too.
- Settings are read at the start: restart the server when one was changed. \`./sallyport doctor\` tells when the file is newer than the
  server that runs.
- Durations are a number and a unit: \`500ms\`, \`30s\`, \`5m\`, \`12h\`, \`7d\`.
- Paths that are not absolute are meant from the folder of the file, or without a file from where Sallyport was started.
- Secrets can be written as they are, but are better kept elsewhere: \`{file: /run/secrets/mail}\` or \`{env: MAIL_PASSWORD}\`.
- Settings that make an installation less safe announce themselves at the start, in \`config check\` and in \`doctor\`.
- Editors that know YAML complete and check the file with \`docs/sallyport.schema.json\`, which \`./sallyport config schema\` prints.
`;

export function configReference(): string {
  const root = rootSchema();
  const sections = Object.entries(root.properties ?? {});
  const single = sections.filter(([, schema]) => schema.properties === undefined);
  const grouped = sections.filter(([, schema]) => schema.properties !== undefined);
  return `${[
    INTRODUCTION.trimEnd(),
    section('Data', '', { properties: Object.fromEntries(single) }, 2),
    ...grouped.map(([name, schema]) => section(`\`${name}\``, name, schema, 2)),
  ].join('\n\n')}\n`;
}

function section(title: string, prefix: string, schema: SettingSchema, depth: number): string {
  const under = (name: string) => (prefix === '' ? name : `${prefix}.${name}`);
  const children = Object.entries(schema.properties ?? {});
  const leaves = children.filter(([, child]) => child.properties === undefined);
  const groups = children.filter(([, child]) => child.properties !== undefined);
  const parts = [`${'#'.repeat(depth)} ${title}`];
  if (schema.description !== undefined) parts.push(schema.description);
  if (leaves.length > 0) {
    const rows = leaves.map(([name, child]) => row(under(name), child));
    parts.push(table(['setting', 'by default', 'what it does'], rows));
  }
  for (const [name, child] of groups) {
    parts.push(section(`\`${under(name)}\``, under(name), child, Math.min(depth + 1, 4)));
  }
  return parts.join('\n\n');
}

function row(path: string, schema: SettingSchema): string[] {
  const fields = itemFields(schema);
  const says = `${schema.description ?? ''}${fields}<br>Takes ${wantedBy(schema)}. \`${variableOf(path)}\``;
  return [`\`${path}\``, defaultOf(schema), says];
}

/** What each entry of a list of groups holds. */
function itemFields({ items }: SettingSchema): string {
  const fields = Object.entries(items?.properties ?? {});
  if (fields.length === 0) return '';
  return ` Each has ${fields.map(([name, field]) => `\`${name}\`: ${lowered(field.description ?? '')}`).join(' ')}`;
}

function defaultOf({ default: value }: SettingSchema): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–';
  return `\`${Array.isArray(value) ? value.join(', ') : String(value)}\``;
}
