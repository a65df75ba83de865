/** Lists that come in pages, as one. */

/** A page of a list: some items, and where the next ones begin. */
export interface Page<T> {
  items: readonly T[];
  next?: string | null;
}

/**
 * Every item of a list, page after page, each page asked for when it is needed.
 *
 * `call` gets the cursor of the page (undefined for the first) and answers what the operation does:
 * `items((cursor) => listConcerns({ client, query: { cursor } }))`.
 */
export async function* items<T>(
  call: (cursor: string | undefined) => Promise<{ data: Page<T> }>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const { data } = await call(cursor);
    yield* data.items;
    cursor = data.next ?? undefined;
  } while (cursor !== undefined);
}
