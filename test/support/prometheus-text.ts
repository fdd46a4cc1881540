/**
 * A strict reader of the Prometheus text format 0.0.4: whatever its page of the documentation asks
 * for, and the rules of naming that `promtool check metrics` warns about. Throws at the first fault.
 */
export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  /** Value by series: name and labels as they stand in the text. */
  readonly samples: ReadonlyMap<string, number>;
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sampleLine = new RegExp(`^(${name})(?:\\{(${label}(?:,${label})*)\\})? (\\S+)$`);
const helpLine = new RegExp(`^# HELP (${name}) (\\S.*)$`);
const typeLine = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram)$`);
const numberForm = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const histogramParts = ["_bucket", "_sum", "_count"];

export const parsePrometheusText = (text: string): ReadonlyMap<string, Family> => {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  let helped = "";
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "") continue;
    const fail = (reason: string) => new Error(`${reason}: ${line}`);
    if (line.startsWith("# HELP")) {
      helped = helpLine.exec(line)?.[1] ?? "";
      if (helped === "") throw fail("no help");
    } else if (line.startsWith("#")) {
      const [, named = "", type] = typeLine.exec(line) ?? [];
      if (named === "" || named !== helped) throw fail("no type of the family with the help above");
      if (families.has(named)) throw fail("a family twice");
      if ((type === "counter") !== named.endsWith("_total")) throw fail("_total is for counters");
      family = named;
      families.set(named, { type: type as Family["type"], samples: new Map() });
    } else addSample(line, family, families);
  }
  for (const [named, { type, samples }] of families) {
    if (type === "histogram") checkHistogram(named, samples);
  }
  return families;
};

const addSample = (line: string, family: string, families: Map<string, Family>): void => {
  const [, named = "", labels = "", value = ""] = sampleLine.exec(line) ?? [];
  const fail = (reason: string) => new Error(`${reason}: ${line}`);
  const found = families.get(family);
  if (found === undefined || !numberForm.test(value)) throw fail("no sample");
  const { type } = found;
  const own = type === "histogram" ? histogramParts.map((part) => family + part) : [family];
  if (!own.includes(named)) throw fail("a sample of another family");
  const names = Array.from(labels.matchAll(/(?:^|,)(\w+)=/g), ([, one]) => one ?? "");
  if (new Set(names).size !== names.length) throw fail("a label twice");
  if (names.includes("quantile")) throw fail("quantile is for summaries");
  if (names.includes("le") !== named.endsWith("_bucket")) throw fail("le is for buckets");
  if (type !== "gauge" && !(Number(value.replace("Inf", "Infinity")) >= 0)) throw fail("below 0");
  const series = labels === "" ? named : `${named}{${labels}}`;
  if (found.samples.has(series)) throw fail("a series twice");
  (found.samples as Map<string, number>).set(series, Number(value.replace("Inf", "Infinity")));
};

/** Buckets rise, and the last one, +Inf, has all that are counted. */
const checkHistogram = (family: string, samples: ReadonlyMap<string, number>): void => {
  const last = new Map<string, { le: number; count: number }>();
  for (const [series, count] of samples) {
    if (!series.startsWith(`${family}_bucket`)) continue;
    const bound = /le="([^"]*)"/.exec(series)?.[1] ?? "";
    const rest = series.slice(`${family}_bucket`.length).replace(/,?le="[^"]*",?|[{}]/g, "");
    const le = Number(bound.replace("+Inf", "Infinity"));
    const before = last.get(rest);
    if (before !== undefined && !(le > before.le && count >= before.count)) {
      throw new Error(`buckets that do not rise: ${series}`);
    }
    last.set(rest, { le, count });
  }
  if (last.size === 0) throw new Error(`a histogram without buckets: ${family}`);
  for (const [rest, { le, count }] of last) {
    const labels = rest === "" ? "" : `{${rest}}`;
    const whole = samples.get(`${family}_count${labels}`);
    if (le !== Number.POSITIVE_INFINITY || whole !== count) {
      throw new Error(`a histogram whose +Inf is not its count: ${family}${labels}`);
    }
    if (!samples.has(`${family}_sum${labels}`)) throw new Error(`no sum: ${family}${labels}`);
  }
};
