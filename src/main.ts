/**
 * The program of one node. Compiled code is kept between starts, which halves the time of a start; this
 * must be switched on before any other module is loaded.
 */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./process.ts");
