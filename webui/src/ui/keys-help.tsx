/** The part of a help dialog that lists the keys, and switches those of a single letter. */
import { shortcutsOn } from "../state/preferences.ts";

export function KeysHelp({ shortcuts }: { shortcuts: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3>Keys</h3>
      <table class="keys-table">
        <tbody>
          {shortcuts.map(([keys, does]) => (
            <tr key={does}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input
          type="checkbox"
          checked={shortcutsOn.value}
          onChange={(event) => {
            shortcutsOn.value = event.currentTarget.checked;
          }}
        />
        Single-key shortcuts
      </label>
    </section>
  );
}
