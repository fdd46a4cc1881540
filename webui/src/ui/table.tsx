/** Tables and lists of facts, marked up alike everywhere so that screen readers can name each cell. */
import type { ComponentChildren } from "preact";

interface TableProps {
  /** Column headings, from left to right. */
  readonly columns: readonly ComponentChildren[];
  readonly class?: string;
  /** The rows, as `tr` elements. */
  readonly children: ComponentChildren;
}

/** A table with a heading for each column. */
export function Table({ columns, class: name, children }: TableProps) {
  return (
    <table class={name}>
      <thead>
        <tr>
          {columns.map((column, place) => (
            <th scope="col" key={place}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

export type Fact = readonly [name: ComponentChildren, value: ComponentChildren];

/** Names and values side by side, as a description list. */
export function Facts({ facts, class: name }: { readonly facts: readonly Fact[]; class: string }) {
  return (
    <dl class={name}>
      {facts.map(([term, value], place) => (
        <div key={place}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
