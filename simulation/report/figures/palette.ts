/**
 * Colours of all figures, each with its counterpart on a dark page. Followers use Okabe & Ito's colours,
 * which colour-blind eyes tell apart; quorums form one ramp, since they are ordered.
 */
export interface Shade {
  readonly light: string;
  readonly dark: string;
}

/** By what a colour stands for, not by what it looks like. */
export const palette = {
  ink: { light: "#1b2733", dark: "#e4ebf2" },
  muted: { light: "#5a6877", dark: "#9dabb9" },
  grid: { light: "#e4e8ed", dark: "#2b3540" },
  measured: { light: "#1261a0", dark: "#6cb6ff" },
  theory: { light: "#b8520e", dark: "#f0a05c" },
  band: { light: "#f6dcc8", dark: "#4a3423" },
  points: { light: "#8aa6bf", dark: "#54718c" },
  limit: { light: "#b3261e", dark: "#ff8a80" },
  /** On top of a follower's colour. */
  onColor: { light: "#ffffff", dark: "#11171d" },
} as const satisfies Record<string, Shade>;

/** Ordered: the more acks, the darker on paper and the brighter on a dark page. */
export const quorumShades: readonly Shade[] = [
  { light: "#7cc0b4", dark: "#2f6f78" },
  { light: "#4ba3ad", dark: "#3f93a3" },
  { light: "#2f83a5", dark: "#5fb4c4" },
  { light: "#28608f", dark: "#93d0d6" },
  { light: "#233f72", dark: "#cdebe6" },
];

/** Not ordered: neighbours differ in hue and brightness. */
export const followerShades: readonly Shade[] = [
  { light: "#0072b1", dark: "#4da9e0" },
  { light: "#b26f00", dark: "#f0b33e" },
  { light: "#00926b", dark: "#3cc79d" },
  { light: "#c2649a", dark: "#e294c0" },
  { light: "#6b6bc8", dark: "#a3a3f0" },
];

/** The n-th of them, over again when there are more. */
export const shadeAt = (shades: readonly Shade[], index: number): Shade =>
  shades[index % shades.length] ?? palette.ink;

const all: readonly Shade[] = [...Object.values(palette), ...quorumShades, ...followerShades];

/**
 * Figures are drawn in light colours; these rules swap them where the reader's page is dark. They
 * outrank presentation attributes, so they work inside a page and in a picture of its own alike.
 */
export const darkRules = (scope: string): string =>
  all
    .flatMap(({ light, dark }) => [
      `${scope}[fill="${light}"]{fill:${dark}}`,
      `${scope}[stroke="${light}"]{stroke:${dark}}`,
    ])
    .join("");
