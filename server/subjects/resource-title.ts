import { OWN_API } from './built-in.ts';
import type { Resource } from './resource.ts';

/** As people know it. */
export function titleOf({ id, name, ...what }: Resource): string {
  if (id === OWN_API) return 'Sallyport itself';
  return what.kind === 'application' ? (what.detail.title ?? name) : name;
}
