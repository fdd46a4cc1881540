/** Microseconds are the end of what these clocks can say; more digits only make files long. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
