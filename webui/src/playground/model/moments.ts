/** The shapes of a recording, under the page's own roof. */
export type * from "../../../../src/virtual/playground/moments.ts";
