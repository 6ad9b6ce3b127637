/**
 * The API, `/api/v1`: the gate’s use cases as JSON over HTTP, for programs, native clients and the console.
 *
 * What there is stands in contract/api/operations.ts, with every schema; here are the handlers, one a file for each part of it.
 * A call goes this way:
 *
 *   callers    who calls: a bearer token, a page of ours with its cookie, or nobody (callers.ts)
 *   input      address, query and body, read by the operation’s own schemas (input.ts)
 *   handler    one use case of the gate, which judges it
 *   answer     what the operation says, or a problem of the closed list (told.ts)
 *
 * To add an operation: its entry in the contract, its handler here. Nothing is decided in this folder.
 */
import type { Operation } from '@sallyport/contract/api/operation.ts';
import {
  API_PREFIX,
  type OperationName,
  operationNames,
  operations,
} from '@sallyport/contract/api/operations.ts';
import type { ProblemCode } from '@sallyport/contract/problems.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createCookieJar } from '../../http/cookies.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { createLargeBodies } from '../../http/large-bodies.ts';
import type { RefusalCode } from '../../http/refusal.ts';
import { ApiCall } from './api-call.ts';
import type { ApiDeps } from './api-deps.ts';
import { approvalHandlers } from './approvals.ts';
import { attemptHandlers } from './attempts.ts';
import { authorityHandlers } from './authority.ts';
import { createBoundCallers } from './bound-callers.ts';
import { createCallers } from './callers.ts';
import { cardHandlers } from './cards.ts';
import { certificateHandlers } from './certificates.ts';
import { companyTokenHandlers } from './company-tokens.ts';
import { createCursors } from './cursors.ts';
import { devicePassHandlers } from './device-passes.ts';
import { deviceHandlers } from './devices.ts';
import type { Call, Handlers, Input, SessionCall } from './handler.ts';
import { inputReader } from './input.ts';
import { invitationHandlers } from './invitations.ts';
import { keyHandlers } from './keys.ts';
import { Lines } from './lines.ts';
import { logInHandlers } from './log-ins.ts';
import { meHandlers } from './me.ts';
import { readOnce } from './once-header.ts';
import { peopleHandlers } from './people.ts';
import { policyHandlers } from './policies.ts';
import { processHandlers } from './processes.ts';
import { recordHandlers } from './record.ts';
import { resourceHandlers } from './resources.ts';
import { sessionHandlers } from './sessions.ts';
import { sshHandlers } from './ssh.ts';
import { sendProblem, Told } from './told.ts';
import { workloadHandlers } from './workloads.ts';
import { Written } from './written.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const LINES_TYPE = 'application/x-ndjson';
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const;

/** What the listener refuses before a route is met has the same code here, but for one word. */
const REFUSALS: Readonly<Record<RefusalCode, ProblemCode>> = Object.freeze({
  'bad-request': 'bad-request',
  forbidden: 'not-permitted',
  'not-found': 'not-found',
  'too-slow': 'too-slow',
  'too-large': 'too-large',
  'address-too-long': 'address-too-long',
  'media-type': 'media-type',
  misdirected: 'misdirected',
  throttled: 'throttled',
  'headers-too-large': 'headers-too-large',
  fault: 'fault',
  busy: 'busy',
});

/** Any handler, once its input was read by the schemas of its own operation. */
type AnyHandler = (input: Input<Operation>, call: Call | SessionCall) => Promise<unknown>;

export function createApiDoor(deps: ApiDeps): HttpDoor {
  const { clock } = deps;
  const jar = createCookieJar(deps.secure);
  const callers = createCallers(deps, jar);
  const bound = createBoundCallers(deps);
  const cursors = createCursors(deps.key);
  const largeBodies = createLargeBodies();
  const handlers: Handlers = {
    ...attemptHandlers(deps),
    ...meHandlers(deps, cursors),
    ...peopleHandlers(deps, cursors),
    ...cardHandlers(deps),
    ...companyTokenHandlers(deps),
    ...sessionHandlers(deps, cursors),
    ...logInHandlers(deps, cursors),
    ...approvalHandlers(deps, cursors),
    ...processHandlers(deps, cursors),
    ...workloadHandlers(deps, cursors),
    ...deviceHandlers(deps, cursors),
    ...devicePassHandlers(deps),
    ...certificateHandlers(deps, cursors),
    ...authorityHandlers(deps),
    ...resourceHandlers(deps, cursors),
    ...invitationHandlers(deps, cursors),
    ...policyHandlers(deps),
    ...recordHandlers(deps, cursors),
    ...keyHandlers(deps),
    ...sshHandlers(deps),
  };

  function mountOperation(app: FastifyInstance, name: OperationName): void {
    const operation: Operation = operations[name];
    const { method, path, answer, bodyBytes } = operation;
    const read = inputReader(operation);
    const handle = handlers[name] as AnyHandler; // Paired with its operation by the type of `handlers`.
    app.route({
      method,
      url: routeOf(path),
      ...(bodyBytes === undefined ? {} : { bodyLimit: bodyBytes, preParsing: largeBodies }),
      async handler(request, reply) {
        const came = callers(request);
        const caller = came instanceof Told ? came : await bound(came, request, reply);
        if (caller instanceof Told) return told(request, reply, caller);
        // What is bound to a key is not exchanged here for what is not.
        if (operation.for !== 'session' && caller.bound) {
          return told(request, reply, new Told('not-permitted'));
        }
        if (operation.for === 'session' && caller.token === undefined) {
          return told(request, reply, new Told('no-session'));
        }
        const input = read(request);
        if (input instanceof Told) return told(request, reply, input);
        const once = operation.once ? readOnce(request) : undefined;
        if (once instanceof Told) return told(request, reply, once);
        const result = await handle(input, new ApiCall(caller, once, { jar, reply, clock }));
        if (result instanceof Told) return told(request, reply, result);
        reply.code(answer.status);
        if (result === undefined) return reply.send();
        if (result instanceof Lines) {
          if (result.next !== undefined) reply.header('link', linkTo(result.next));
          return reply.header('content-type', LINES_TYPE).send(result.stream());
        }
        const text = result instanceof Written ? result.text : JSON.stringify(result);
        return reply.header('content-type', JSON_TYPE).send(text);
      },
    });
  }

  return {
    id: 'api',
    prefix: API_PREFIX,
    mount(app) {
      for (const name of operationNames) mountOperation(app, name);
      for (const [path, allowed] of methodsByPath()) refuseOthers(app, path, allowed);
    },
    refuse(request, reply, { code, retryAfter }) {
      const members = retryAfter === undefined ? {} : { retryAfter };
      sendProblem(request, reply, new Told(REFUSALS[code], members));
    },
  };
}

function told(request: FastifyRequest, reply: FastifyReply, problem: Told): FastifyReply {
  sendProblem(request, reply, problem);
  return reply;
}

function routeOf(path: string): string {
  return API_PREFIX + path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** RFC 8288. */
function linkTo(path: string): string {
  return `<${API_PREFIX}${path}>; rel="next"`;
}

function methodsByPath(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { method, path } of Object.values(operations)) {
    const known = found.get(path) ?? [];
    known.push(method, ...(method === 'GET' ? ['HEAD'] : []));
    found.set(path, known);
  }
  return found;
}

/** A right address with a wrong method is told so, before anything of the request is read. */
function refuseOthers(app: FastifyInstance, path: string, allowed: readonly string[]): void {
  const allow = [...allowed].sort().join(', ');
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url: routeOf(path),
    onRequest(request, reply) {
      reply.header('allow', allow);
      sendProblem(request, reply, new Told('method-not-allowed'));
    },
    handler: () => undefined,
  });
}
