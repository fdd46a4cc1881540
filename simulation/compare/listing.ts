/** A node's whole store, key by key, through `GET /read`: one page in memory at a time. */
import { keyPageSchema } from "../http/answers.ts";
import { callJson } from "../http/client.ts";
import { parsePage } from "./json-text.ts";
import type { ListedKey } from "./merge.ts";

const pageKeysMax = 1000;

/** Without a prefix every key is listed. */
export interface ListingOptions {
  readonly prefix?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields keys in byte order. Writes that go on meanwhile may or may not be seen. Throws as
 * `callJson` does.
 */
export async function* listStore(
  url: string,
  { prefix = "", signal }: ListingOptions = {},
): AsyncGenerator<ListedKey> {
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ prefix, limit: String(pageKeysMax) });
    if (after !== null) query.set("after", after);
    const page: { entries: readonly unknown[]; next: string | null } & {
      entries: readonly { key: string; value: string; version: number }[];
    } = await callJson(`${url}/read?${query}`, keyPageSchema, {
      signal,
      timeoutMs: 30_000,
      parse: parsePage,
    });
    for (const { key, value, version } of page.entries) {
      yield { key, text: value, version };
    }
    after = page.next;
  } while (after !== null);
}
