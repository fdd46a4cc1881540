/** Starts the page of the API. Its node serves the document beside it, also below a path. */
import { render } from "preact";
import { startPreferences } from "../state/preferences.ts";
import { App } from "./app.tsx";
import type { OpenApi } from "./document.ts";

startPreferences();
const place = document.getElementById("page");
if (place !== null) render(await content(), place);

async function content() {
  try {
    const answer = await fetch("./openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return <App document={(await answer.json()) as OpenApi} />;
  } catch (error) {
    return (
      <p class="lost">The document could not be read: {String(error)}. Load the page again.</p>
    );
  }
}
