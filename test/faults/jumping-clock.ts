/**
 * Loaded into a node before its program: the wall clock jumps by up to a day, forth and back, a
 * few times a second. Nothing that a node promises may depend on it.
 */
const trueNow = Date.now.bind(Date);
const TrueDate = Date;
let shiftMs = 0;

setInterval(() => {
  shiftMs = Math.round((Math.random() - 0.5) * 2 * 24 * 3600 * 1000);
}, 300).unref();

class JumpingDate extends TrueDate {
  constructor(...given: [] | [number | string | Date]) {
    super(given[0] ?? trueNow() + shiftMs);
  }

  static override now(): number {
    return trueNow() + shiftMs;
  }
}

globalThis.Date = JumpingDate as DateConstructor;
