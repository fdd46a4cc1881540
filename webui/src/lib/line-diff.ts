/** Compares two texts line by line, by their longest common subsequence. */

/** A line, and which of the two texts has it. */
interface DiffLine {
  readonly side: "both" | "left" | "right";
  readonly text: string;
}

/** Above so many lines that differ on a side, they are shown as replaced: the table below is square. */
const linesMax = 600;

/** All lines of both texts in order; a line that is in both appears once. */
export function diffLines(left: string, right: string): DiffLine[] {
  const [a, b] = [left.split("\n"), right.split("\n")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(a.length, b.length) - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail++;
  }
  const both = (text: string): DiffLine => ({ side: "both", text });
  const middle = diffMiddle(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [
    ...a.slice(0, head).map(both),
    ...middle,
    ...(tail === 0 ? [] : a.slice(-tail).map(both)),
  ];
}

/** The lines between the common start and the common end. Lines of the left side come first. */
function diffMiddle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const left = (text: string): DiffLine => ({ side: "left", text });
  const right = (text: string): DiffLine => ({ side: "right", text });
  if (a.length > linesMax || b.length > linesMax) return [...a.map(left), ...b.map(right)];
  const common = commonLengths(a, b);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ side: "both", text: a[i++] ?? "" });
      j++;
    } else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push(left(a[i++] ?? ""));
    } else {
      lines.push(right(b[j++] ?? ""));
    }
  }
  return lines;
}

/** Length of the longest common subsequence of a[i..] and b[j..], for all i and j. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = table[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] =
        a[i] === b[j]
          ? at(table, i + 1, j + 1) + 1
          : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

/** 0 beyond the edges of the table. */
const at = (table: readonly Uint16Array[], i: number, j: number): number => table[i]?.[j] ?? 0;
