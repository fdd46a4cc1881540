/** `main.ts` behind a check that this Node can read it. */
import "./node-version.mjs";

await import("./main.ts");
