/**
 * Conditions in the head of a request (RFC 9110, section 13.1). The version of a key is its entity tag:
 * `"7"`, or `"7-gzip"` where the answer was compressed.
 */
import type { IncomingHttpHeaders } from "node:http";
import { failed, type Result, succeeded } from "../../src/errors.ts";
import { versionRange } from "./checks.ts";
import type { AskedWrite } from "./client-requests.ts";
import { entityTagsIn, zippedTag } from "./entity-tags.ts";

/** The entity tag of a version. */
export const versionTag = (version: number): string => `"${version}"`;

const versionTagShape = /^"([1-9]\d{0,15})(?:-gzip)?"$/;
/** No key has it: a condition that names no version at all fails, and the failure names the right one. */
const noVersion = versionRange.max;

/** The conditions of a write, as the `ifVersion` that they are equal to; undefined: there are none. */
export function conditionOf(headers: IncomingHttpHeaders): Result<number | undefined> {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (match === undefined && noneMatch === undefined) return unconditional;
  if (match !== undefined && noneMatch !== undefined)
    return failed("INVALID_ARGUMENT", "A write takes If-Match or If-None-Match, not both.");
  if (match !== undefined) return versionIn(match);
  return noneMatch?.trim() === "*"
    ? succeeded(0)
    : failed("INVALID_ARGUMENT", "If-None-Match of a write must be *: only if the key is absent.");
}

const unconditional = succeeded(undefined);

/** The one version that If-Match names. It compares strongly, so a weak tag names none. */
function versionIn(field: string): Result<number> {
  const tags = field.trim() === "*" ? undefined : entityTagsIn(field);
  if (tags === undefined)
    return failed(
      "INVALID_ARGUMENT",
      'If-Match must be the entity tag of a version, such as "7" with its quotation marks.',
    );
  const versions = new Set<number>();
  for (const { tag, weak } of tags) {
    const version = versionTagShape.exec(tag)?.[1];
    if (version !== undefined && !weak) versions.add(Number(version));
  }
  const [version = noVersion, ...others] = versions;
  return others.length === 0
    ? succeeded(version)
    : failed("INVALID_ARGUMENT", "If-Match names several versions; a write takes one.");
}

/** The write with the condition of its head; refused where its body has one too. */
export function withCondition(
  asked: AskedWrite,
  condition: number | undefined,
): Result<AskedWrite> {
  if (condition === undefined) return succeeded(asked);
  return asked.ifVersion === undefined
    ? succeeded({ ...asked, ifVersion: condition })
    : failed("INVALID_ARGUMENT", '"ifVersion" and a condition in the head cannot go together.');
}

/** Whether If-None-Match of a read names the entity that has this strong tag, compressed or not. */
export function isKnown({ "if-none-match": field }: IncomingHttpHeaders, tag: string): boolean {
  if (field === undefined) return false;
  if (field.trim() === "*") return true;
  return (entityTagsIn(field) ?? []).some(
    ({ tag: named }) => named === tag || named === zippedTag(tag),
  );
}
