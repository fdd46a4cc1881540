/** Reads a story's file: what it is about, what to predict, and the commands. */

interface Story {
  readonly about: string;
  readonly question: string;
  readonly answer: string;
  readonly text: string;
}

/** The prose before the first command is told beside the text; prose between commands stays in it. */
export function storyOf(file: string): Story {
  const lines = file.split(/\r?\n/);
  const first = lines.findIndex((line) => line.startsWith("> "));
  const begins = first < 0 ? lines.length : first;
  const prose = (sign: string) =>
    lines
      .slice(0, begins)
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(sign.length).trim())
      .join(" ");
  const text = lines
    .slice(begins)
    .filter((line) => line === "" || /^(?:> |#)/.test(line))
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n");
  return {
    ...{ about: prose("#"), question: prose("? "), answer: prose("! ") },
    text: `${text.trimEnd()}\n`,
  };
}
