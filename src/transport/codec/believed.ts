/** What is kept of the gateways that members tell of. */
import { isGatewayUrl } from "../../config/urls.ts";
import type { Member, NodeId } from "../../replication/types.ts";

/** Characters of a URL that clients are told. */
const urlMax = 2048;

/** The members of NODES; undefined: any id will do. */
export type Known = ReadonlySet<NodeId> | undefined;

/** Pages link to these URLs: one that is not a web address is dropped, and its member shown without. */
export const believedMember = ({ id, url, peerUrl }: Member): Member => ({
  id,
  url: believedUrl(url),
  peerUrl: believedUrl(peerUrl),
});

/** Those that NODES names. */
export const believedMembers = (members: readonly Member[], known: Known): readonly Member[] =>
  members.filter(({ id }) => known?.has(id) !== false).map(believedMember);

const believedUrl = (url: string): string => (url.length <= urlMax && isGatewayUrl(url) ? url : "");
