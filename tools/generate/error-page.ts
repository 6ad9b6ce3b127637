/** docs/errors.md: the closed list of problems, for whoever meets one. */
import { operations } from '@sallyport/contract/api/operations.ts';
import { problemsOf } from '@sallyport/contract/api/problems-of.ts';
import {
  type ProblemKind,
  problemCodes,
  problems,
  problemType,
} from '@sallyport/contract/problems.ts';
import { lowered } from './generator.ts';

const INTRODUCTION = `# Errors

<!-- Made from contract/problems.ts. Change that, then run: npm run check -- --write -->

What the API tells when something goes wrong, as problem+json (RFC 9457). The list is closed: there is no code that is not here,
and none changes its meaning. Programs go by \`code\`; \`title\` and \`detail\` are for people. \`instance\` names the request, as the log
and the record do, and as the \`X-Request-Id\` header of every answer does.

\`\`\`json
{
  "type": "${problemType('proof-used')}",
  "code": "proof-used",
  "title": "${problems['proof-used'].title}",
  "status": ${problems['proof-used'].status},
  "detail": "${problems['proof-used'].detail}",
  "instance": "urn:uuid:019b8d62-efb0-7665-add8-049f726d5a00",
  "retryAfter": 18
}
\`\`\`

A refusal tells only what its reader can act on. Why exactly stands in the record, for those who may read it.
`;

export function errorPage(): string {
  return [INTRODUCTION, ...problemCodes.map((code) => sectionOf(code))].join('\n');
}

function sectionOf(code: (typeof problemCodes)[number]): string {
  const { status, title, detail, members = {} }: ProblemKind = problems[code];
  const from = Object.entries(operations)
    .filter(([, operation]) => problemsOf(operation).includes(code))
    .map(([name]) => name);
  const everywhere = from.length === Object.keys(operations).length;
  const names = Object.entries(members);
  return [
    `## ${code}`,
    '',
    `**${status} ${title}.** ${detail}`,
    '',
    ...(names.length === 0
      ? []
      : [...names.map(([name, says]) => `- \`${name}\`: ${lowered(says)}`), '']),
    from.length === 0
      ? 'Told before any operation is met.'
      : `Told by ${everywhere ? 'every operation' : from.map((name) => `\`${name}\``).join(', ')}.`,
    '',
  ].join('\n');
}
