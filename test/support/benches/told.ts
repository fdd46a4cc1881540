import type { Effects, StorageEffect } from "../../../src/replication/effects.ts";

/** What the steps on a bench have asked for so far, newest last. */
export class Told<To, Message, Flush, News> {
  readonly stored: StorageEffect<Flush>[] = [];
  readonly closed: { readonly to: To; readonly reason: string }[] = [];
  readonly news: News[] = [];
  readonly sent: { readonly to: To; readonly message: Message }[] = [];

  protected note({ storage, closes, news, sends }: Effects<To, Message, Flush, News>): void {
    this.stored.push(...storage);
    this.closed.push(...closes);
    this.news.push(...news);
    this.sent.push(...sends);
  }
}
