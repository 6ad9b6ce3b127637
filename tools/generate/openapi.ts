/** docs/openapi.json: the API as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), from the operations of the contract. */
import type { Operation } from '@sallyport/contract/api/operation.ts';
import { API_PREFIX, operations } from '@sallyport/contract/api/operations.ts';
import { Problem } from '@sallyport/contract/api/parts.ts';
import { problemsOf } from '@sallyport/contract/api/problems-of.ts';
import { PROBLEM_TYPE, type ProblemCode, problems } from '@sallyport/contract/problems.ts';
import { z } from 'zod';

type Json = Record<string, unknown>;

const DESCRIPTION = `Everything that the gate decides, as JSON over HTTP: signing in without pages, looking after oneself, people,
sessions and tokens, policies, and the record. Every call is judged like any other request.

Sign in with \`POST /attempts\`, or issue a token for a script with \`./sallyport token issue\`, and send it as a bearer token. Pages of
ours may send their session cookie instead, and then every change carries their \`X-CSRF-Token\`. Nothing that is not
described here is accepted: an unknown field, a field twice, a body where none belongs.

Errors are problem+json (RFC 9457) with codes of one closed list, see docs/errors.md. Lists come in pages: pass \`next\` as \`cursor\`. An
\`Idempotency-Key\` makes a request that may be sent again take effect once.`;

const BASE_URI = '#/components/schemas/';

export function openApi(): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = paths[operation.path] ?? {};
    path[operation.method.toLowerCase()] = describe(name, operation, schemas);
    paths[operation.path] = path;
  }
  schemaOf(Problem, 'output', schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sallyport',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: API_PREFIX }],
    tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A session’s or a script’s token.' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-sallyport-session',
          description: 'For our own pages, with `X-CSRF-Token` for changes.',
        },
      },
    },
  };
}

export function openApiFile(): string {
  return `${JSON.stringify(openApi(), null, 2)}\n`;
}

function describe(name: string, operation: Operation, schemas: Json): Json {
  const { tag, summary, description, answer, body, params, query, once } = operation;
  const parameters = [
    ...(params === undefined ? [] : parametersOf(params, 'path', schemas)),
    ...(query === undefined ? [] : parametersOf(query, 'query', schemas)),
    ...(once ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: operation.for === 'session' ? SESSION : [{}, ...SESSION],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemaOf(body, 'input', schemas)) } }),
    responses: {
      [answer.status]: {
        description: answer.says,
        ...(answer.body === undefined
          ? {}
          : { content: json(schemaOf(answer.body, 'output', schemas)) }),
        ...(answer.line === undefined
          ? {}
          : {
              content: {
                'application/x-ndjson': { schema: schemaOf(answer.line, 'output', schemas) },
              },
            }),
      },
      ...problemResponses(problemsOf(operation)),
    },
  };
}

const SESSION = [{ bearer: [] }, { cookie: [] }];

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A text of your own, new for each request: sent again with the same key within a day, the request takes effect once and the answer is the same.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,128}$' },
};

const json = (schema: Json) => ({ 'application/json': { schema } });

function problemResponses(codes: readonly ProblemCode[]): Json {
  const statuses = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  const responses = [...statuses].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    responses.map(([status, known]) => [
      status,
      {
        description: known.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
        content: { [PROBLEM_TYPE]: { schema: { $ref: `${BASE_URI}Problem` } } },
      },
    ]),
  );
}

function parametersOf(schema: z.ZodType, where: 'path' | 'query', schemas: Json): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input', schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** JSON Schema of a part of the contract; what has a name there becomes a component. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const made = z.toJSONSchema(schema, { io, override: tidy }) as Json;
  const { $schema: _, $defs = {}, ...rest } = made;
  for (const [name, definition] of Object.entries($defs as Record<string, Json>)) {
    keep(schemas, name, definition);
  }
  const id = typeof rest.id === 'string' ? rest.id : undefined;
  if (id === undefined) return refer(rest) as Json;
  keep(schemas, id, rest);
  return { $ref: `${BASE_URI}${id}` };
}

function keep(schemas: Json, name: string, definition: Json): void {
  const { id: _, ...described } = refer(definition) as Json;
  const known = schemas[name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(described)) {
    throw new Error(`two schemas of the contract are called ${name}`);
  }
  schemas[name] = described;
}

function refer(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(refer);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' ? String(inner).replace('#/$defs/', BASE_URI) : refer(inner),
    ]),
  );
}

/** A format says what its pattern says, in one word; what stands as text in an address is shown as what it is. */
function tidy({ jsonSchema }: { readonly jsonSchema: Json }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  const { wire } = jsonSchema;
  if (typeof wire === 'object' && wire !== null) {
    delete jsonSchema.wire;
    delete jsonSchema.pattern;
    Object.assign(jsonSchema, wire);
  }
}
