/** Microseconds are the end of what these clocks can say; more digits only make files long. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** For JSON.stringify: no dust such as 500.0000000000001 in what others read. */
export const withoutDust = (_name: string, value: unknown): unknown =>
  typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value;
