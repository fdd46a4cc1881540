/** The picture: nodes, the wires between them, and messages under way. */
import { useMemo } from "preact/hooks";
import { useSize } from "../../lib/hooks.ts";
import { Segmented } from "../../ui/segmented.tsx";
import { heightFor, type Layout, placesIn, type Size } from "../model/places.ts";
import { leader, moment, recording, withBeats } from "../state/recorded.ts";
import { layout, selection } from "../state/view.ts";
import { Flights } from "./flights.tsx";
import { Legend } from "./legend.tsx";
import { NodeCard } from "./node-card.tsx";
import { Wires, wireAt } from "./wires.tsx";

const large: Size = { width: 168, height: 106 };
/** Without the line of the clients, where many stand below each other. */
const medium: Size = { width: 168, height: 84 };
const small: Size = { width: 80, height: 68 };
/** Below it, cards would cover each other. */
const largeFromPx = 540;

const layouts: readonly { value: Layout; text: string }[] = [
  { value: "ring", text: "Ring" },
  { value: "leader left", text: "Leader left" },
];

export function Picture() {
  const [{ width, height }, measure] = useSize<HTMLDivElement>();
  const isSmall = width < largeFromPx;
  const count = moment.value.nodes.length;
  const isLow = heightFor(layout.value, count, large) > 0.64 * innerHeight;
  const node = isSmall ? small : isLow ? medium : large;
  const least = heightFor(layout.value, count, node);
  return (
    <section class="panel picture" aria-labelledby="picture-title">
      <header class="picture-head">
        <h2 id="picture-title" class="visually-hidden">
          Cluster
        </h2>
        <Segmented
          label="Layout"
          hideLabel
          options={layouts}
          value={layout.value}
          onChange={(chosen) => {
            layout.value = chosen;
          }}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={withBeats.value}
            onChange={(event) => {
              withBeats.value = event.currentTarget.checked;
            }}
          />
          Heartbeats
        </label>
        <Legend />
      </header>
      <div
        class="picture-place"
        ref={measure}
        style={{ minHeight: `${Math.max(isSmall ? 290 : 340, least)}px` }}
      >
        {width > 0 && recording.value.ids.length > 0 && (
          <Drawing picture={{ width, height }} node={node} />
        )}
      </div>
    </section>
  );
}

function Drawing({ picture: { width, height }, node }: { picture: Size; node: Size }) {
  // A story may have several clusters, one after the other.
  const names = moment.value.nodes.map(({ id }) => id).join(" ");
  const ids = useMemo(() => names.split(" ").filter((id) => id !== ""), [names]);
  const chosen = layout.value;
  const first = leader.value;
  const picture = useMemo(() => ({ width, height }), [width, height]);
  const places = useMemo(
    () => placesIn({ ids, layout: chosen, leader: first, picture, node }),
    // In a ring, places do not depend on who leads.
    [ids, chosen, chosen === "ring" ? undefined : first, picture, node],
  );
  return (
    <Flights
      places={places}
      node={node}
      picture={picture}
      onMiss={(point) => {
        const wire = wireAt(point, { places, node });
        if (wire !== undefined) selection.value = { kind: "link", one: wire[0], other: wire[1] };
      }}
    >
      <Wires places={places} node={node} picture={picture} />
      {moment.value.nodes.map((one) => {
        const centre = places.get(one.id);
        if (centre === undefined) return null;
        const place = recording.value.ids.indexOf(one.id);
        return (
          <NodeCard
            key={one.id}
            node={one}
            place={place}
            centre={centre}
            size={node}
            look={node === small ? "small" : node === medium ? "medium" : "large"}
          />
        );
      })}
    </Flights>
  );
}
