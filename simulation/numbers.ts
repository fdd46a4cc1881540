/** Rounds to microseconds. The clocks are not more exact, and more digits only make files long. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** For JSON.stringify: rounds away binary remainders such as 500.0000000000001. */
export const withoutRemainders = (_name: string, value: unknown): unknown =>
  typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value;
