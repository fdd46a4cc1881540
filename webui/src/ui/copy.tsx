/** Copies a text and says so for a moment. */
import { useEffect, useState } from "preact/hooks";
import { announce } from "../state/announcer.ts";

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
    announce(done ? "Copied" : "The browser does not allow copying");
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      {said === "" ? label : said}
    </button>
  );
}

/** Pages served from another host over plain HTTP have no clipboard API. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
