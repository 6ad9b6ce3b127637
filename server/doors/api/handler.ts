/** What a handler is: it gets what its operation takes, read and bounded, and answers as its operation says, or tells a problem. */
import type { Operation } from '@sallyport/contract/api/operation.ts';
import type { OperationName, Operations } from '@sallyport/contract/api/operations.ts';
import type { z } from 'zod';
import type { Arrival } from '../../gate/arrival.ts';
import type { OnceKey } from '../../gate/once/once.ts';
import type { Grant } from '../../gate/outcome.ts';
import type { Lines } from './lines.ts';
import type { Told } from './told.ts';
import type { Written } from './written.ts';

/** One call, and who makes it. */
export interface Call {
  readonly arrival: Arrival;
  /** A session’s or a script’s token; undefined for whoever sent none. */
  readonly token: string | undefined;
  /** Gives a browser its cookies. For everyone else nothing happens, and the tokens go in the answer. */
  keep(grant: Grant): 'in cookies' | 'in the answer';
  /** Takes a browser’s session cookie away. */
  forget(): void;
}

export interface SessionCall extends Call {
  readonly token: string;
  readonly once: OnceKey | undefined;
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface Input<O extends Operation> {
  readonly params: Output<O['params']>;
  readonly query: Output<O['query']>;
  readonly body: Output<O['body']>;
}

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type Answer<O extends Operation> = O['answer'] extends { readonly body: infer B extends z.ZodType }
  ? DeepReadonly<z.input<B>>
  : undefined;

export type Handler<O extends Operation> = (
  input: Input<O>,
  call: O['for'] extends 'session' ? SessionCall : Call,
) => Promise<
  (O['answer'] extends { readonly line: z.ZodType } ? Lines : Answer<O> | Written<Answer<O>>) | Told
>;

export type Handlers<Names extends OperationName = OperationName> = {
  readonly [Name in Names]: Handler<Operations[Name]>;
};
