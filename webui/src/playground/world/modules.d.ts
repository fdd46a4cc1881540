/** What the build makes: see `webui/playground/stories.ts` and `faults.ts` there. */
declare module "virtual:stories" {
  /** In the order of their numbers. `name` is like `01-one-write`; `text` has no recorded lines. */
  export const stories: readonly { readonly name: string; readonly text: string }[];
}

declare module "virtual:faults" {
  /** Names for `record(text, { fault })`. `story`: the number of the one that shows it. */
  export const faults: readonly {
    readonly name: string;
    readonly story?: string;
  }[];
}
