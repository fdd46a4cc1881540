/** Tells every page which sweep runs, so that nobody wonders about the delays it set. */
import type { Job } from "./job.ts";
import type { Sweep } from "./types.ts";

export interface SweepNews {
  /** Wall clock, ms. */
  readonly at: number;
  readonly running: Pick<Sweep, "id" | "options" | "progress"> | null;
}

/** Progress is told this often, ms. */
const progressEveryMs = 500;

export const newsOf = (job: Job | undefined): SweepNews => {
  const at = Date.now();
  if (job?.running !== true) return { at, running: null };
  const { id, options, progress } = job.describe();
  return { at, running: { id, options, progress } };
};

/** Passes on what becomes of one run: at once when it ends, now and then while it goes on. */
export const follow = (job: Job, tell: (news: SweepNews) => void): void => {
  let toldAt = 0;
  job.follow(({ name }) => {
    if (name === "progress" && Date.now() - toldAt >= progressEveryMs) {
      toldAt = Date.now();
      tell(newsOf(job));
    }
    if (name === "done") tell(newsOf(undefined));
  });
};
