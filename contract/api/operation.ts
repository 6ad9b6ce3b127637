/** What one operation of the API is: its address, what it takes, what it answers, and what can go wrong. */
import type { z } from 'zod';
import type { ProblemCode } from '../problems.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface Operation {
  readonly method: Method;
  /** Below `/api/v1`; `{id}` stands for a part that varies. */
  readonly path: string;
  readonly tag:
    | 'Signing in'
    | 'Me'
    | 'People'
    | 'Sessions'
    | 'Processes'
    | 'Devices'
    | 'Certificates'
    | 'SSH'
    | 'Resources'
    | 'Policies'
    | 'Record'
    | 'Keys'
    | 'Tokens';
  readonly summary: string;
  readonly description?: string;
  /** Whether it can be called by anyone, or only in a session. */
  readonly for: 'anyone' | 'session';
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: {
    readonly status: 200 | 201 | 202 | 204;
    readonly says: string;
    readonly body?: z.ZodType;
    /** In place of a body: many values of this form, each in a line of its own (`application/x-ndjson`). */
    readonly line?: z.ZodType;
  };
  /** What can go wrong beside what can always go wrong. */
  readonly problems: readonly ProblemCode[];
  /** Takes an `Idempotency-Key`. */
  readonly once?: true;
  /** The most bytes of a body, where it is more than usual. */
  readonly bodyBytes?: number;
}

export function operation<const O extends Operation>(described: O): O {
  return described;
}
