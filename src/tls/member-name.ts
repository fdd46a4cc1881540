/** How a certificate names a member, and how a member is asked for the certificate that does. */

/** What a member's certificate has among its alternative names. */
export const memberUri = (id: string): string => `quorumkv://member/${id}`;

/**
 * The server name that members ask for. A port may show clients another certificate than members; those
 * who ask for this name are shown the member's.
 */
export const memberServerName = "member.quorumkv.internal";

/**
 * The member that these alternative names stand for, as Node writes them; undefined where they name none
 * or several.
 */
export function memberIn(subjectAltName: string | undefined): string | undefined {
  // Node quotes names that could be taken for several; no name of a member needs that.
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const prefix = `URI:${memberUri("")}`;
  const ids = subjectAltName.split(", ").filter((name) => name.startsWith(prefix));
  return ids.length === 1 ? ids[0]?.slice(prefix.length) : undefined;
}
