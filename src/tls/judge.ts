/** Judges the certificates of members: who shows one, and why one is refused. */
import type { X509Certificate } from "node:crypto";
import { isIssuedBy } from "./material.ts";
import { memberIn, memberUri } from "./member-name.ts";

/** A member, or why the certificate does not show that it is one. */
export type Verdict = { readonly member: string } | { readonly fault: string };

/**
 * Whom a certificate names that was already found valid. Issuers of clients may issue names of members as
 * well: only those of members are believed.
 */
export function judge(
  certificate: X509Certificate,
  {
    issuers,
    members,
  }: {
    readonly issuers: readonly X509Certificate[];
    readonly members: readonly string[];
  },
): Verdict {
  const { subjectAltName } = certificate;
  const member = memberIn(subjectAltName);
  const shown = subjectAltName === undefined ? "no name" : subjectAltName.slice(0, 200);
  if (member === undefined)
    return { fault: `its certificate has no name ${memberUri("<id>")}, but ${shown}` };
  if (!isIssuedBy(certificate, issuers))
    return { fault: `its certificate as ${member} is not issued by TLS_CA` };
  if (!members.includes(member))
    return { fault: `its certificate names ${member}, which is not in NODES` };
  return { member };
}

/** For whoever dials: an error unless these names, as Node writes them, are those of the member. */
export function notThisMember(id: string, subjectAltName: string | undefined): Error | undefined {
  if (memberIn(subjectAltName) === id) return undefined;
  const shown = (subjectAltName ?? "no name").slice(0, 200);
  return new Error(`the certificate shown is not that of the member ${id}, but of ${shown}`);
}
