/** Workloads as they are told to clients, and what can be wrong with them. The command line on the machine itself tells the same. */
import { selectorText } from '@sallyport/contract/workloads.ts';
import type { Workload, WorkloadError } from '../../subjects/workloads.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

export function workload({ id, process, selectors, createdAt }: Workload) {
  return {
    id,
    process: process.id,
    processName: process.name,
    active: process.active,
    selectors: selectors.map(selectorText),
    createdAt: time(createdAt),
  };
}

export function workloadProblem(error: WorkloadError): Told {
  switch (error.code) {
    case 'not-found':
      return new Told(error.code);
    case 'held-already':
      return new Told('workload-known-already');
    case 'malformed':
    case 'twice':
      return new Told('selector-not-valid', { why: error.code, selector: error.selector });
    case 'anyones':
      return new Told('selector-not-valid', { why: error.code, selector: null });
  }
}
