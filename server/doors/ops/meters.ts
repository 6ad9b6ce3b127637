/**
 * What is counted while Sallyport runs, written as Prometheus reads it (text format 0.0.4). Counting is an addition to a number
 * in memory; everything else is found out when somebody asks. No label holds a name, an address or an id.
 *
 * What happened is counted from the events of the record, once they are durable, so that metrics and record tell one story.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SallyportEvent } from '@sallyport/contract/events.ts';
import type { Answered } from '../../http/app.ts';
import { SECOND } from '../../kernel/clock.ts';

export interface Meters {
  readonly answered: (answered: Answered) => void;
  /** A commit, and how many transactions it made durable. */
  readonly committed: (transactions: number) => void;
  readonly recorded: (event: SallyportEvent) => void;
  /** The text for a scrape. */
  write(gauges: Gauges): string;
}

/** What is so now, by name. */
export type Gauges = Readonly<Record<string, { readonly help: string; readonly value: number }>>;

/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const MILLISECONDS = BUCKETS.map((bound) => bound * SECOND);
/** Others are told as the last. */
const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'other'];

const TICK = 20;

interface Family {
  readonly help: string;
  readonly counts: Map<string, number>;
}

export function createMeters(): Meters {
  const families = {
    events_total: family('Events written to the record, by type and outcome.'),
    sign_ins_total: family('Sign-ins, by outcome.'),
    proofs_refused_total: family('Proofs that were refused, by kind and reason.'),
    throttles_engaged_total: family('Times that guesses were slowed down, by what was slowed.'),
  };
  /** For each route, how often with which status and method: found without making a text for each request. */
  const requests = new Map<string, Map<number, number>>();
  const seconds = { buckets: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0, count: 0 };
  let commits = 0;
  let transactions = 0;
  // Measures from one tick of its timer to the next, so what is more than that is late.
  const lag = monitorEventLoopDelay({ resolution: TICK });
  lag.enable();

  return {
    answered({ method, route, status, milliseconds }) {
      const key = status * METHODS.length + methodAt(method);
      const counts = requests.get(route) ?? new Map<number, number>();
      if (counts.size === 0) requests.set(route, counts);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      let bucket = 0;
      while (bucket < BUCKETS.length && milliseconds > (MILLISECONDS[bucket] ?? 0)) bucket++;
      seconds.buckets[bucket] = (seconds.buckets[bucket] ?? 0) + 1;
      seconds.sum += milliseconds / SECOND;
      seconds.count += 1;
    },

    committed(held) {
      commits += 1;
      transactions += held;
    },

    recorded({ type, outcome, reason, data }) {
      count(families.events_total, labels({ type, outcome }));
      switch (type) {
        case 'signin.granted':
        case 'signin.refused':
          count(families.sign_ins_total, labels({ outcome }));
          break;
        case 'proof.refused':
          count(
            families.proofs_refused_total,
            labels({ kind: data.kind, reason: reason ?? 'unknown' }),
          );
          break;
        case 'throttle.engaged':
          count(families.throttles_engaged_total, labels({ scope: data.scope }));
          break;
      }
    },

    write(gauges) {
      const lines: string[] = [];
      const one = (name: string, kind: string, help: string, value: number) =>
        lines.push(...head(name, kind, help), `sallyport_${name} ${value}`);
      lines.push(...head('http_requests_total', 'counter', 'Requests, by route and status.'));
      for (const [route, counts] of requests) {
        for (const [key, value] of counts) {
          const method = METHODS[key % METHODS.length] ?? 'other';
          const status = String(Math.floor(key / METHODS.length));
          lines.push(`sallyport_http_requests_total${labels({ method, route, status })} ${value}`);
        }
      }
      for (const [name, { help, counts }] of Object.entries(families)) {
        lines.push(...head(name, 'counter', help));
        for (const [label, value] of counts) lines.push(`sallyport_${name}${label} ${value}`);
      }
      lines.push(...histogram('http_request_seconds', 'How long answers took.', seconds));
      one('commits_total', 'counter', 'Commits of the database, each an fsync.', commits);
      one('transactions_total', 'counter', 'Transactions that were made durable.', transactions);
      lines.push(
        ...head('event_loop_lag_seconds', 'summary', 'How late timers ran since the last scrape.'),
      );
      for (const quantile of [0.5, 0.99, 1]) {
        const tick = lag.count === 0 ? 0 : lag.percentile(quantile * 100) / 1e6;
        const late = Math.max(0, tick - TICK) / 1000;
        lines.push(`sallyport_event_loop_lag_seconds{quantile="${quantile}"} ${late}`);
      }
      lag.reset();
      for (const [name, { help, value }] of Object.entries(gauges)) one(name, 'gauge', help, value);
      return `${lines.join('\n')}\n`;
    },
  };
}

function methodAt(method: string): number {
  const at = METHODS.indexOf(method);
  return at < 0 ? METHODS.length - 1 : at;
}

function family(help: string): Family {
  return { help, counts: new Map() };
}

function count({ counts }: Family, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

/** Values are methods, routes, and closed words of ours; still what could end a label is written as the format says. */
function labels(values: Readonly<Record<string, string>>): string {
  let text = '';
  for (const name in values) {
    const value = values[name] ?? '';
    const written = /["\\\n]/.test(value) ? JSON.stringify(value) : `"${value}"`;
    text += `${text === '' ? '{' : ','}${name}=${written}`;
  }
  return `${text}}`;
}

function head(name: string, kind: string, help: string): string[] {
  return [`# HELP sallyport_${name} ${help}`, `# TYPE sallyport_${name} ${kind}`];
}

function histogram(
  name: string,
  help: string,
  { buckets, sum, count }: { readonly buckets: readonly number[]; sum: number; count: number },
): string[] {
  const lines = head(name, 'histogram', help);
  let below = 0;
  for (const [at, bound] of [...BUCKETS, '+Inf'].entries()) {
    below += buckets[at] ?? 0;
    lines.push(`sallyport_${name}_bucket{le="${bound}"} ${below}`);
  }
  return [...lines, `sallyport_${name}_sum ${sum}`, `sallyport_${name}_count ${count}`];
}
