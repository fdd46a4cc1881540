/**
 * A few choices side by side. They are radio buttons in a group with a legend, so that arrow keys move
 * between them and screen readers know them.
 */
import { useId } from "preact/hooks";

interface SegmentedProps<T extends string | number> {
  readonly label: string;
  /** Leaves the label to screen readers. */
  readonly hideLabel?: boolean;
  readonly options: readonly { readonly value: T; readonly text: string; readonly hint?: string }[];
  /** Undefined: none is chosen. */
  readonly value: T | undefined;
  readonly disabled?: boolean;
  readonly onChange: (value: T) => void;
}

/** Values are unique; `hint` is shown when the pointer rests on a choice. */
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
