import { render } from "preact";
import { App } from "./app.tsx";
import { watchFaults } from "./state/faults.ts";
import { start } from "./state/live.ts";
import { startPreferences } from "./state/preferences.ts";
import { followHistory } from "./state/route.ts";
import { startShortcuts } from "./state/shortcuts.ts";

startPreferences();
followHistory();
startShortcuts();
watchFaults();
start();
const place = document.getElementById("page");
if (place !== null) render(<App />, place);
