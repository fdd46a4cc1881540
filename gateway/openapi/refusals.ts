/** The answers to calls that are refused, as components that calls share. */
import type { ErrorCode } from "../../src/errors.ts";
import type { Need } from "../access/caller.ts";
import { problemType } from "../problems.ts";
import type { Schemas } from "./schemas.ts";
import { problemName, problemShapes, statusesOf } from "./shapes/problems.ts";
import { commonHeaders, type HeaderName } from "./terms/headers.ts";

/** Whatever is asked, and whoever asks. */
const always = [
  "INVALID_ARGUMENT",
  "TOO_LARGE",
  "MISDIRECTED",
  "OVERLOADED",
  "SHUTTING_DOWN",
  "INTERNAL",
] as const satisfies readonly ErrorCode[];
/** Where the caller is judged. */
const ofCallers = ["UNAUTHENTICATED", "PERMISSION_DENIED", "RATE_LIMITED"] as const;

/** Every code that a call may be refused with. */
export const codesOf = (facts: {
  readonly needs: Need;
  readonly hasBody: boolean;
  readonly further: readonly ErrorCode[];
}): readonly ErrorCode[] => [
  ...new Set<ErrorCode>([
    ...always,
    ...(facts.needs === "open" ? [] : ofCallers),
    ...(facts.hasBody ? (["UNSUPPORTED_MEDIA_TYPE"] as const) : []),
    ...facts.further,
  ]),
];

/** Headers that answers of a status have besides the common ones. */
const headersByStatus: Readonly<Partial<Record<number, HeaderName>>> = {
  401: "WWW-Authenticate",
  405: "Allow",
  429: "Retry-After",
  503: "Retry-After",
};

/** An answer before its headers and its schema are written out. */
interface Refusal {
  readonly description: string;
  readonly headers: readonly HeaderName[];
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}

/** Makes each refusal once. */
export class Refusals {
  readonly #made = new Map<string, Refusal>();

  constructor(schemas: Schemas) {
    for (const shape of problemShapes.values()) schemas.place(shape);
  }

  /** By name. */
  get all(): ReadonlyMap<string, Refusal> {
    return this.#made;
  }

  /** The name of each refusal, by status. `forwards`: the call may be passed on to the leader. */
  of(codes: readonly ErrorCode[], forwards: boolean): ReadonlyMap<number, string> {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of codes) {
      for (const status of statusesOf(code))
        byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return new Map(
      [...byStatus].map(([status, some]) => [status, this.#name(status, some.sort(), forwards)]),
    );
  }

  #name(status: number, codes: readonly ErrorCode[], forwards: boolean): string {
    const name = [status, ...codes, ...(forwards ? ["forwards"] : [])].join(".");
    if (!this.#made.has(name)) this.#made.set(name, this.#make(status, codes, forwards));
    return name;
  }

  #make(status: number, codes: readonly ErrorCode[], forwards: boolean): Refusal {
    const further = headersByStatus[status];
    const headers: HeaderName[] = [...commonHeaders];
    if (further !== undefined) headers.push(further);
    if (forwards) headers.push("Preference-Applied");
    const references = codes.map((code) => `#/components/schemas/${problemName(code)}`);
    const schema =
      references.length === 1
        ? { $ref: references[0] }
        : {
            oneOf: references.map(($ref) => ({ $ref })),
            discriminator: {
              propertyName: "code",
              mapping: Object.fromEntries(codes.map((code, index) => [code, references[index]])),
            },
          };
    return {
      description: codes.map((code) => problemShapes.get(code)?.meta()?.description).join(" "),
      headers,
      content: { [problemType]: { schema } },
    };
  }
}
