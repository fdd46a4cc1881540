/** How far numbers may go. DESIGN.md, "What others say", has the reasons. */

/**
 * No epoch above this one is promised, raised or believed, and no entry has a higher sequence. It is half of what
 * a double can count exactly, so that there is always room for a next one.
 */
export const numberMax = 2 ** 52;

/** An epoch may be so far above the highest one that a node knows of. */
export const epochLeapMax = 2 ** 32;

/**
 * An entry on a disk may be so far above every other that the node has seen. Windows and backlogs keep entries
 * far below that.
 */
export const sequenceLeapMax = 2 ** 20;
