/** Versions that this page wrote, so that they are not taken for somebody else's. */
const keptMax = 500;
const versions = new Set<number>();

export function noteOwnWrite(version: number): void {
  versions.add(version);
  const [oldest] = versions;
  if (versions.size > keptMax && oldest !== undefined) versions.delete(oldest);
}

export const isOwnWrite = (version: number): boolean => versions.has(version);
