/** A button with a sign alone. Its hint names the key that does the same. */
import { Icon, type IconName } from "./icon.tsx";

interface ToolProps {
  readonly label: string;
  readonly icon: IconName;
  /** It can do nothing now. It stays focusable, so that the focus is not lost. */
  readonly idle?: boolean;
  readonly class?: string;
  readonly onClick: () => void;
}

/** `label` may end in the key, in parentheses. */
export function Tool({ label, icon, idle = false, class: name = "", onClick }: ToolProps) {
  return (
    <button
      type="button"
      class={`tool ${name}`}
      title={label}
      aria-label={label}
      aria-disabled={idle}
      onClick={() => {
        if (!idle) onClick();
      }}
    >
      <Icon name={icon} />
    </button>
  );
}
