/** Says plainly when what the page shows is not the leader's word. */
import { connection, leaderId, own } from "../state/live.ts";

export function Banner() {
  switch (connection.value) {
    case "leader down":
      return (
        <div class="banner" role="alert">
          <strong>{leaderId.value || "The leader"} does not answer.</strong> This page now shows
          what {own.value?.node} knows by itself. Reads go on; writes need the leader.
        </div>
      );
    case "reconnecting":
      return (
        <div class="banner" role="alert">
          <strong>{own.value?.node} does not answer.</strong> The page shows the last known state
          and keeps trying.
        </div>
      );
    case "live":
    case "connecting":
      return null;
  }
}
