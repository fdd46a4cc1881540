/** The messages under way: one of them in full, and all of them as a list for the keyboard. */
import { Facts } from "../../ui/table.tsx";
import { messageCommands } from "../model/deeds.ts";
import { kindOf } from "../model/flights.ts";
import { flightInWords, inMs } from "../model/words.ts";
import { FlightGlyph } from "../stage/flight-glyph.tsx";
import { moment, recording, shownFlights } from "../state/recorded.ts";
import { doDeed } from "../state/scenario.ts";
import { hovered, selection, selectMessage } from "../state/view.ts";

export function MessageDeeds({ id }: { readonly id: number }) {
  const flight = moment.value.flights.find((one) => one.id === id);
  const voyage = recording.value.voyages.find((one) => one.id === id);
  const shown = flight ?? voyage;
  if (shown === undefined) return <p class="hint">There is no message #{id} in this run.</p>;
  const end =
    flight !== undefined
      ? ["Due", flight.isHeld ? "held back by a cut" : inMs(flight.dueAt)]
      : ["Outcome", voyage === undefined ? "" : voyage.outcome];
  return (
    <>
      <p class="message-text">{shown.text}</p>
      <Facts
        class="node-facts"
        facts={[
          ["From", shown.from],
          ["To", shown.to],
          ["Sent", inMs(shown.sentAt)],
          [end[0], end[1]],
        ]}
      />
      {flight === undefined ? (
        <p class="hint">It is not under way at this moment.</p>
      ) : (
        <div class="button-row">
          <button
            type="button"
            class="danger"
            onClick={() => void doDeed(messageCommands.drop(id))}
          >
            Drop
          </button>
          <button type="button" onClick={() => void doDeed(messageCommands.slow(id, 5))}>
            5 ms later
          </button>
          <button type="button" onClick={() => void doDeed(messageCommands.slow(id, 50))}>
            50 ms later
          </button>
          {flight.type === "append" && (
            <button
              type="button"
              title="Other messages cannot come twice"
              onClick={() => void doDeed(messageCommands.repeat(id))}
            >
              Repeat
            </button>
          )}
          <p class="hint">
            A message that is dropped breaks its stream; both sides connect again. A later one holds
            up what follows it on its stream.
          </p>
        </div>
      )}
    </>
  );
}

/** A picture with more messages is read as a whole; the list names the first ones. */
const listedMax = 40;

export function MessageList() {
  const all = shownFlights.value;
  const chosen = selection.value.kind === "message" ? selection.value.id : undefined;
  return (
    <div class="message-list">
      <h3>
        Under way <span class="dim">({all.length})</span>
      </h3>
      {all.length === 0 && <p class="hint">No message is under way at this moment.</p>}
      <ul>
        {all.slice(0, listedMax).map((flight) => (
          <li key={flight.id}>
            <button
              type="button"
              class="message-row"
              aria-pressed={flight.id === chosen}
              onClick={() => selectMessage(flight.id)}
              onPointerEnter={() => {
                hovered.value = flight.id;
              }}
              onPointerLeave={() => {
                hovered.value = undefined;
              }}
            >
              <FlightGlyph kind={kindOf(flight)} />
              <span>
                <span class="dim">#{flight.id}</span> {flightInWords(flight)}
                {flight.isHeld && " (held back)"}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {all.length > listedMax && <p class="hint">and {all.length - listedMax} more</p>}
    </div>
  );
}
