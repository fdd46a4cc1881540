/**
 * The program of one node. With compiled code kept between starts, a start takes half the time, and
 * that must be asked for before anything else is loaded.
 */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./process.ts");
