import { afterEach, describe, expect, test, vi } from "vitest";
import { CommanderError, readOptions } from "./command-line.ts";

/** What was printed, and the exit code it ended with. */
function refusalOf(...args: string[]): { code: number; printed: string } {
  let printed = "";
  const collect = (text: string | Uint8Array): boolean => {
    printed += text;
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(collect);
  vi.spyOn(process.stderr, "write").mockImplementation(collect);
  try {
    readOptions(args);
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode, printed };
    throw error;
  }
  throw new Error("accepted");
}

afterEach(() => void vi.restoreAllMocks());

describe("the command line of npm start", () => {
  test("without options: five followers, quorum 3, data in ./data, port 4567, no delays", () => {
    expect(readOptions([])).toEqual({
      followers: 5,
      quorum: 3,
      minDelay: 0,
      maxDelay: 0,
      basePort: 4567,
      dataDir: "./data",
    });
  });

  test("every option is understood", () => {
    const args = "--memory --followers 2 --quorum 1 --min-delay 5 --max-delay 9 --base-port 6000";
    expect(readOptions(args.split(" "))).toEqual({
      followers: 2,
      quorum: 1,
      minDelay: 5,
      maxDelay: 9,
      basePort: 6000,
      dataDir: "",
    });
    expect(readOptions(["--data", "/x"]).dataDir).toBe("/x");
  });

  test("fewer than three followers lower the default quorum to all of them", () => {
    expect(readOptions(["--followers", "2"]).quorum).toBe(2);
    expect(readOptions(["--followers", "0"]).quorum).toBe(0);
  });

  test("a lone --min-delay is a constant delay", () => {
    expect(readOptions(["--min-delay", "40"])).toMatchObject({ minDelay: 40, maxDelay: 40 });
  });

  test("--help lists every option and exits with 0", () => {
    const { code, printed } = refusalOf("--help");
    expect(code).toBe(0);
    for (const option of [
      "--memory",
      "--followers",
      "--quorum",
      "--min-delay",
      "--max-delay",
      "--base-port",
      "--data",
    ]) {
      expect(printed).toContain(option);
    }
  });

  test.each([
    [["--followers", "10"], /--followers.*0\.\.9/],
    [["--followers", "x"], /--followers.*0\.\.9/],
    [["--quorum", "6"], /^--quorum is 6, but must be 0\.\.5/],
    [["--followers", "1", "--quorum", "2"], /^--quorum is 2, but must be 0\.\.1/],
    [["--min-delay", "9", "--max-delay", "5"], /^--min-delay is 9, but must be at most/],
    [["--max-delay", "60001"], /--max-delay.*0\.\.60000/],
    [["--base-port", "0"], /--base-port.*1\.\./],
    [["--base-port", "65000"], /--base-port.*\.\.64526/],
    [["--unknown"], /--unknown/],
    [["word"], /too many arguments/],
  ])("%j is refused in one line", (args, expected) => {
    const { code, printed } = refusalOf(...args);
    expect(printed).toMatch(expected);
    expect(printed.trim().split("\n")).toHaveLength(1);
    expect(code).not.toBe(0);
  });
});
