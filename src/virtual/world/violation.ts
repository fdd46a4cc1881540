/** A promise of the design was seen broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}
