/**
 * Starts the page: first what runs beside the components (preferences, history, shortcuts, the session,
 * faults, event streams), then the components themselves. Before a log-in nothing else is asked for.
 */
import { render } from "preact";
import { App } from "./app.tsx";
import { connect } from "./state/connection.ts";
import { watchFaults } from "./state/faults.ts";
import { startPreferences } from "./state/preferences.ts";
import { watchProcesses } from "./state/processes.ts";
import { followHistory } from "./state/route.ts";
import { mustLogIn, startSession } from "./state/session.ts";
import { startShortcuts } from "./state/shortcuts.ts";

startPreferences();
followHistory();
startShortcuts();
await startSession();
if (!mustLogIn.value) {
  watchFaults();
  watchProcesses();
  connect();
}
const place = document.getElementById("page");
if (place !== null) render(<App />, place);
