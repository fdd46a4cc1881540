/** A few choices side by side; arrow keys move between them as in any radio group. */
import { useId } from "preact/hooks";

interface SegmentedProps<T extends string | number> {
  readonly label: string;
  readonly hideLabel?: boolean;
  readonly options: readonly { readonly value: T; readonly text: string; readonly hint?: string }[];
  readonly value: T | undefined;
  readonly disabled?: boolean;
  readonly onChange: (value: T) => void;
}

export function Segmented<T extends string | number>(props: SegmentedProps<T>) {
  const name = useId();
  return (
    <fieldset class="segmented" disabled={props.disabled ?? false}>
      <legend class={props.hideLabel === true ? "visually-hidden" : ""}>{props.label}</legend>
      <div class="segments">
        {props.options.map((option) => (
          <label key={option.value} title={option.hint}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === props.value}
              onChange={() => props.onChange(option.value)}
            />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
