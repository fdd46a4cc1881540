/** A button that copies a text, and says for two seconds whether that worked. */
import { useEffect, useState } from "preact/hooks";
import { writeClipboard } from "../lib/clipboard.ts";
import { announce } from "../state/feed.ts";

/** `label` is the button's text until it is pressed. Where the browser forbids it, the button says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => setSaid(""), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    const done = await writeClipboard(text);
    setSaid(done ? "Copied" : "Not allowed");
    // The button's text changes, which screen readers do not read out by themselves.
    announce(done ? "Copied" : "The browser does not allow copying");
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      {said === "" ? label : said}
    </button>
  );
}
