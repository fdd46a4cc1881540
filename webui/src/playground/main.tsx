/** Plays the first story with the real protocol and shows each of its moments. */

import { render } from "preact";
import { faults, type Recording, record, stories } from "./engine.ts";

function Page({ recording }: { recording: Recording }) {
  return (
    <ol data-faults={faults.length}>
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
