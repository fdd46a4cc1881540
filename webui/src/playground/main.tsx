/** Plays a story with the real protocol and shows each of its moments. */
import { render } from "preact";
import { type Recording, record, stories } from "./engine.ts";
import { givenScenario } from "./given.ts";

function Page({ recording, at }: { recording: Recording; at: number }) {
  return (
    <ol>
      {recording.moments.map(({ index, at: ms, kind, text }) => (
        <li key={index} aria-current={index === at ? "step" : undefined}>
          {ms.toFixed(1)} ms, {kind}: {text}
        </li>
      ))}
    </ol>
  );
}

const page = document.getElementById("page");
const given = givenScenario() ?? { text: stories[0]?.text ?? "", moment: 0 };
const recording = await record(given.text, given);
if (page !== null) render(<Page recording={recording} at={given.moment} />, page);
