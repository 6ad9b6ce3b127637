import { MOST_A_PAGE } from '@sallyport/contract/api/parts.ts';
import { ok } from '../../../kernel/result.ts';
import type { Done, Page } from '../done.ts';

interface Paging {
  readonly limit: string;
  readonly cursor?: string;
}

/** As many as are wanted, in as many calls as that takes. */
export async function serverPages<T>(
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  call: (paging: Paging) => Done<Page<T>>,
): Done<Page<T>> {
  const items: T[] = [];
  let cursor = after;
  while (items.length < limit) {
    const most = String(Math.min(MOST_A_PAGE, limit - items.length));
    const page = await call({ limit: most, ...(cursor === undefined ? {} : { cursor }) });
    if (!page.ok) return page;
    items.push(...page.value.items);
    cursor = page.value.next ?? undefined;
    if (cursor === undefined) break;
  }
  return ok({ items, next: cursor ?? null });
}
