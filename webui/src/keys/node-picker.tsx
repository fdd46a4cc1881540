/** "From this node", or any other. */
import { cluster, own } from "../state/live.ts";

export function NodePicker(props: { value: string; onChange: (node: string) => void }) {
  const others = (cluster.value?.nodes ?? []).filter(({ id }) => id !== own.value?.node);
  return (
    <label>
      <span>Read from</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        <option value="">this node ({own.value?.node ?? "…"})</option>
        {others.map(({ id, state }) => (
          <option key={id} value={id}>
            {id}
            {state === "live" ? "" : ` (${state})`}
          </option>
        ))}
      </select>
    </label>
  );
}
