/** OpenAPI 3.1.1 (https://spec.openapis.org/oas/v3.1.1): that the document is one, and that it tells of what is served. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Operation } from '@sallyport/contract/api/operation.ts';
import { API_PREFIX, operations } from '@sallyport/contract/api/operations.ts';
import { problemsOf } from '@sallyport/contract/api/problems-of.ts';
import type { FastifyInstance } from 'fastify';
import { openApi } from '../../tools/generate/openapi.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';

type Json = Record<string, unknown>;
interface Described extends Json {
  readonly operationId: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  readonly openapi: string;
  readonly info: Json;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json };
};

const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function walk(value: unknown, visit: (object: Json, key: string) => void, key = ''): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Json, key); // An object that is no list.
  for (const [inner, child] of Object.entries(value)) walk(child, visit, inner);
}

describe('docs/openapi.json', () => {
  let api: ApiHouse;
  const routes = new Map<string, Set<string>>();
  before(async () => {
    api = await openApiHouse({}, {}, (app: FastifyInstance) => {
      app.addHook('onRoute', ({ method, url, onRequest }) => {
        // Those that only say “method not allowed” answer before anything is read.
        if (onRequest !== undefined) return;
        for (const one of [method].flat()) {
          routes.set(url, (routes.get(url) ?? new Set()).add(one));
        }
      });
    });
  });
  after(() => api.close());

  test('is what the contract says', () => {
    assert.deepEqual(document, JSON.parse(JSON.stringify(openApi())));
  });

  test('tells of every route that is served, and of no other', () => {
    const told = described.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    const served = [...routes].flatMap(([url, methods]) =>
      [...methods]
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${url.slice(API_PREFIX.length).replaceAll(/:(\w+)/g, '{$1}')}`),
    );
    assert.ok(served.length >= Object.keys(operations).length);
    assert.deepEqual(told.toSorted(), served.toSorted());
  });

  test('has what the standard wants of a document', () => {
    assert.match(document.openapi, /^3\.1\.\d+$/);
    assert.equal(typeof document.info.title, 'string');
    assert.equal(typeof document.info.version, 'string');
    for (const path of Object.keys(document.paths)) assert.match(path, /^\/[a-zA-Z0-9/{}-]+$/);
    for (const name of Object.keys(document.components.schemas)) assert.match(name, /^[\w.-]+$/);
    const ids = described.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('every reference leads somewhere, and every component is referred to', () => {
    const used = new Set<string>();
    walk(document, ({ $ref }) => {
      if (typeof $ref !== 'string') return;
      const [, name] = /^#\/components\/schemas\/([\w.-]+)$/.exec($ref) ?? [];
      assert.ok(name !== undefined && name in document.components.schemas, $ref);
      used.add(name);
    });
    assert.deepEqual([...used].sort(), Object.keys(document.components.schemas).sort());
  });

  test('every part that varies in a path is a parameter, and the other way round', () => {
    for (const { path, operation } of described) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters ?? [];
      const told = parameters.filter((one) => one.in === 'path');
      assert.deepEqual(
        told.map(({ name }) => name),
        inPath,
        path,
      );
      for (const parameter of parameters) {
        assert.ok(['path', 'query', 'header'].includes(String(parameter.in)));
        assert.equal(typeof parameter.schema, 'object');
        if (parameter.in === 'path') assert.equal(parameter.required, true);
      }
    }
  });

  test('nothing that is not described is accepted: every object of a request is closed', () => {
    for (const { operation } of described) {
      walk(operation.requestBody, (schema, key) => {
        if (schema.type !== 'object' || key === 'properties') return;
        // Closed, or, where names are not ours, bounded in what they may hold.
        const { additionalProperties } = schema;
        assert.notEqual(additionalProperties, undefined, JSON.stringify(schema).slice(0, 200));
        assert.notEqual(additionalProperties, true);
      });
    }
  });

  test('every operation tells all the problems that it can have', () => {
    for (const { operation } of described) {
      const known = operations[operation.operationId as keyof typeof operations];
      const text = JSON.stringify(operation.responses);
      for (const code of problemsOf(known)) assert.ok(text.includes(`\`${code}\``), code);
      for (const [status, response] of Object.entries(operation.responses)) {
        assert.match(status, /^[2345]\d\d$/);
        assert.equal(typeof response.description, 'string');
        const [type] = Object.keys((response.content as Json | undefined) ?? {});
        if (Number(status) >= 400) assert.equal(type, 'application/problem+json');
        else if (status === '204') assert.equal(type, undefined);
        else {
          const lines = (known as Operation).answer.line !== undefined;
          assert.equal(type, lines ? 'application/x-ndjson' : 'application/json');
        }
      }
    }
  });
});
