/** Starts the playground: preferences and keys, then what the address asks for, then the page itself. */
import { render } from "preact";
import { startPreferences } from "../state/preferences.ts";
import { App } from "./app.tsx";
import { followAddress, openAddress } from "./state/address.ts";
import { startShortcuts } from "./state/keys.ts";

startPreferences();
startShortcuts();
await openAddress();
followAddress();
const place = document.getElementById("page");
if (place !== null) render(<App />, place);
