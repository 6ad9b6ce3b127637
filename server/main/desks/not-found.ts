import { failed } from '../../kernel/result.ts';
import type { Refused } from '../remote/connection.ts';

/** There is no such thing, here or there. */
export const NOT_FOUND = failed<Refused>({ code: 'not-found', members: {} });
