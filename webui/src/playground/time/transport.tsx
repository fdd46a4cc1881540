/** Play, pause, step and jump, and how fast time passes. Each has a key, which its hint names. */
import { markKinds } from "../model/marks.ts";
import { Icon } from "../parts/icon.tsx";
import { Tool } from "../parts/tool.tsx";
import {
  faster,
  goTo,
  isAtEnd,
  jump,
  playing,
  speed,
  speeds,
  step,
  toggle,
} from "../state/clock.ts";
import { beginning, index, lastIndex, marks } from "../state/recorded.ts";

const speedInWords = (one: number): string => (one >= 1 ? `${one}×` : `1/${Math.round(1 / one)}×`);

export function Transport() {
  const isAtStart = index.value <= beginning.value;
  return (
    <div class="transport" role="toolbar" aria-label="Time">
      <div class="transport-main">
        <Tool label="To the start (Home)" icon="first" idle={isAtStart} onClick={() => goTo(0)} />
        <Tool label="Step back (Left)" icon="back" idle={isAtStart} onClick={() => step(true)} />
        <button
          type="button"
          class="primary play"
          title={playing.value ? "Pause (space)" : "Play (space)"}
          onClick={toggle}
        >
          <Icon name={playing.value ? "pause" : "play"} />
          {playing.value ? "Pause" : "Play"}
        </button>
        <Tool
          label="Step forward (Right)"
          icon="next"
          idle={isAtEnd.value}
          onClick={() => step(false)}
        />
        <Tool
          label="To the end (End)"
          icon="last"
          idle={isAtEnd.value}
          onClick={() => goTo(lastIndex.peek())}
        />
      </div>
      <div class="speeds">
        <Tool
          label="Slower (−)"
          icon="minus"
          idle={speed.value === speeds[0]}
          onClick={() => faster(-1)}
        />
        <select
          aria-label="Speed"
          value={String(speed.value)}
          onChange={(event) => {
            speed.value = Number(event.currentTarget.value);
          }}
        >
          {speeds.map((one) => (
            <option key={one} value={String(one)}>
              {speedInWords(one)}
            </option>
          ))}
        </select>
        <Tool
          label="Faster (+)"
          icon="plus"
          idle={speed.value === speeds.at(-1)}
          onClick={() => faster(1)}
        />
      </div>
      <Jumps />
    </div>
  );
}

/** To the next and the previous mark of a kind. */
function Jumps() {
  const here = index.value;
  return (
    <ul class="jumps" aria-label="Jump">
      {markKinds.map(({ name, key }) => {
        const ofKind = marks.value.filter((mark) => mark.name === name);
        const before = ofKind.filter((mark) => mark.index < here).length;
        const after = ofKind.filter((mark) => mark.index > here).length;
        return (
          <li key={name}>
            <Tool
              class="quiet"
              icon="left"
              label={`Previous ${name}, ${before} before (Shift+${key})`}
              idle={before === 0}
              onClick={() => jump(name, true)}
            />
            <span class={`jump-name mark-${name}`}>{name}</span>
            <Tool
              class="quiet"
              icon="right"
              label={`Next ${name}, ${after} after (${key})`}
              idle={after === 0}
              onClick={() => jump(name, false)}
            />
          </li>
        );
      })}
    </ul>
  );
}
