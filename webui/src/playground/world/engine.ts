/// <reference path="./modules.d.ts" />
/** All that the playground asks of the virtual world. */

export { faults } from "virtual:faults";
export { stories } from "virtual:stories";
export { record } from "../../../../src/virtual/playground/record.ts";
export { scriptOf } from "../../../../src/virtual/playground/script.ts";
export { textUntil } from "../../../../src/virtual/playground/text-until.ts";
export { verbs } from "../../../../src/virtual/stage/commands.ts";
