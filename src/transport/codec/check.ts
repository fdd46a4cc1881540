/** How a decoded message is judged: a check for every field, put together from a few pieces. */

/** What is wrong with a field. */
export interface Fault {
  /** Where in the message, for example `entries[3].operations[0].key`. */
  readonly path: string;
  readonly value: unknown;
  /** Completes the sentence "it must be …". */
  readonly allowed: string;
}

/** Undefined: the value is as it should be. Nothing is made for good values: there are many. */
export type Check<T> = (value: T) => Fault | undefined;

/** A check for every field, so that none is forgotten. */
type Fields<T> = { readonly [Name in Exclude<keyof T, "type">]-?: Check<T[Name]> };

/** A value that passes the test. */
export const rule =
  <T>(allowed: string, test: (value: T) => boolean): Check<T> =>
  (value) =>
    test(value) ? undefined : { path: "", value, allowed };

/** Whatever the decoder makes of the field will do, such as a boolean. */
export const any: Check<unknown> = () => undefined;

/** The field may be absent. */
export const maybe =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value) =>
    value === undefined ? undefined : check(value);

/** A message within the message. Further checks compare fields with each other. */
export function fields<T>(checks: Fields<T>, ...together: readonly Check<T>[]): Check<T> {
  const all = Object.entries<Check<never>>(checks) as [keyof T & string, Check<unknown>][];
  return (message) => {
    for (const [name, check] of all) {
      const fault = check(message[name]);
      if (fault !== undefined) return within(name, fault);
    }
    for (const check of together) {
      const fault = check(message);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** At most so many items. */
export const list =
  <T>(item: Check<T>, itemsMax: number): Check<readonly T[]> =>
  (items) => {
    if (items.length > itemsMax)
      return { path: "length", value: items.length, allowed: `at most ${itemsMax}` };
    for (let index = 0; index < items.length; index += 1) {
      const fault = item(items[index] as T);
      if (fault !== undefined) return within(`[${index}]`, fault);
    }
    return undefined;
  };

/** The fault of a part, as one of the whole. */
export function within(name: string, fault: Fault): Fault {
  const { path } = fault;
  const joint = path === "" || path.startsWith("[") ? "" : ".";
  return { ...fault, path: `${name}${joint}${path}` };
}

/** The first of two numbers is not above the second one. */
export const inOrder =
  <T>(low: keyof T & string, high: keyof T & string): Check<T> =>
  (message) =>
    message[low] <= message[high]
      ? undefined
      : { path: low, value: message[low], allowed: `at most \`${high}\`, ${message[high]}` };
