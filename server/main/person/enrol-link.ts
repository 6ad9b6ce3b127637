import type { IssuedPass } from '../../gate/use-cases/people/passes.ts';

/** What an enrolment link looks like; the web door reads it. */
export function enrolLink(origin: string, pass: Pick<IssuedPass, 'link'>): string {
  return `${origin}/enrol/${pass.link}`;
}
