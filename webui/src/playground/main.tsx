/** Plays the first story with the real protocol and shows each of its moments. */

import { stories } from "virtual:stories";
import { render } from "preact";
import type { Recording } from "../../../src/virtual/playground/moments.ts";
import { record } from "../../../src/virtual/playground/record.ts";

function Page({ recording }: { recording: Recording }) {
  return (
    <ol>
      {recording.moments.map(({ index, at, kind, text }) => (
        <li key={index}>
          {at.toFixed(1)} ms, {kind}: {text}
        </li>
      ))}
    </ol>
  );
}

const page = document.getElementById("page");
if (page !== null) render(<Page recording={await record(stories[0]?.text ?? "")} />, page);
