/** What the build makes: see `webui/playground/stories.ts`. */
declare module "virtual:stories" {
  /** In the order of their numbers. `name` is like `01-one-write`; `text` has no recorded lines. */
  export const stories: readonly { readonly name: string; readonly text: string }[];
}
