/** How the recording is shown: the layout, what is selected, which panel is open. */
import { signal } from "@preact/signals";
import type { NodeId } from "../../../../src/replication/types.ts";
import type { Layout } from "../model/places.ts";

export type Selection =
  | { readonly kind: "nothing" }
  | { readonly kind: "node"; readonly id: NodeId }
  | { readonly kind: "message"; readonly id: number }
  | { readonly kind: "link"; readonly one: NodeId; readonly other: NodeId };

const nothing: Selection = { kind: "nothing" };

export const layout = signal<Layout>("ring");
export const selection = signal<Selection>(nothing);
/** The message under the pointer, in any view. */
export const hovered = signal<number | undefined>(undefined);
export const dialog = signal<"none" | "help" | "stories">("none");
/** What is beside the picture: the text to edit, what its commands said, every event. */
export const beside = signal<"text" | "said" | "events">("text");

export const selectNode = (id: NodeId): void => {
  const now = selection.peek();
  selection.value = now.kind === "node" && now.id === id ? nothing : { kind: "node", id };
};
export const selectMessage = (id: number): void => {
  selection.value = { kind: "message", id };
};
export const selectNothing = (): void => {
  selection.value = nothing;
};

/** Read out by screen readers. A change of it is what they notice. */
export const announcement = signal("");
