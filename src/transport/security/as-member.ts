/** Checks that whoever sends a message is the member it names. */
import type { Link, LinkEvents } from "../../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../../replication/types.ts";

type Opened<In, Out> = (link: Link<Out>) => LinkEvents<In>;

/** Closes the link, and calls `lied`, at the first message that names another sender than `id`. */
const checked =
  <In, Out>(
    senderOf: (message: In) => NodeId | undefined,
    { id, lied }: { readonly id: NodeId; readonly lied: (named: NodeId) => void },
  ) =>
  (opened: Opened<In, Out>): Opened<In, Out> =>
  (link) => {
    const events = opened(link);
    return {
      received: (message) => {
        const named = senderOf(message);
        if (named === undefined || named === id) {
          events.received(message);
          return;
        }
        lied(named);
        link.close();
      },
      closed: (reason) => events.closed(reason),
    };
  };

type Check = { readonly id: NodeId; readonly lied: (named: NodeId) => void };

/** For streams that a leader or a candidate opened. */
export const asLeader = (check: Check) =>
  checked<LeaderMessage, FollowerMessage>((message) => {
    if (message.type === "prepare") return message.leader;
    return message.type === "poll" ? message.candidate : undefined;
  }, check);

/** For streams that this node opened. */
export const asFollower = (check: Check) =>
  checked<FollowerMessage, LeaderMessage>(
    (message) => (message.type === "promise" ? message.member.id : undefined),
    check,
  );
