/** status, members, leader, config: the cluster itself. */
import type { Status } from "../../src/types.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { tableOf } from "../terminal/table.ts";

/** `GET /cluster`, as far as it is shown. */
interface ClusterView {
  readonly leader: string;
  readonly fromLeader: boolean;
  readonly epoch: number;
  readonly nodes: readonly {
    readonly id: string;
    readonly role: string;
    readonly url: string;
    readonly state: string;
    readonly applied: number | null;
    readonly lag: number | null;
    readonly lagMs: number | null;
    readonly digestMatch: boolean | null;
  }[];
}

/** A read of another path than the client's own calls. */
export const ask = ({ kv, io }: Session, path: string): Promise<string> =>
  kv.request("GET", path, { signal: io.signal });

const nodePath = (id: string | undefined, path: string): string =>
  id === undefined ? path : `/nodes/${encodeURIComponent(id)}${path}`;

/** Of one node; absent: of the one that answers. */
export async function status(session: Session, id: string | undefined): Promise<ExitCode> {
  const text = await ask(session, nodePath(id, "/status"));
  const { config, reasons, ...shown }: Status = JSON.parse(text);
  await session.output.show({
    table: () => {
      const rows = Object.entries({ ...shown, ...config })
        .filter(([, value]) => typeof value !== "object")
        .map(([name, value]) => [name, value]);
      const why = reasons.map((reason) => ["not ready", reason]);
      return tableOf(["NAME", "VALUE"], [...rows, ...why], session.paint);
    },
    json: () => text,
    raw: () => shown.role,
  });
  return shown.ready ? exitCodes.ok : exitCodes.unavailable;
}

export async function members(session: Session): Promise<ExitCode> {
  const text = await ask(session, "/cluster");
  const { nodes, fromLeader }: ClusterView = JSON.parse(text);
  const head = ["ID", "ROLE", "STATE", "APPLIED", "LAG", "LAG MS", "DIGEST", "URL"];
  await session.output.show({
    table: () => {
      const rows = nodes.map(({ id, role, state, applied, lag, lagMs, digestMatch, url }) => {
        const digest = digestMatch === null ? undefined : digestMatch ? "equal" : "DIFFERS";
        return [id, role, state, applied, lag, lagMs, digest, url];
      });
      return tableOf(head, rows, session.paint);
    },
    json: () => text,
    raw: () => nodes.map(({ id }) => id).join("\n"),
  });
  if (!fromLeader) session.output.note("no leader answers: this is what one node knows by itself");
  return exitCodes.ok;
}

export async function leader(session: Session): Promise<ExitCode> {
  const view: ClusterView = JSON.parse(await ask(session, "/cluster"));
  const { epoch, nodes } = view;
  const url = nodes.find(({ id }) => id === view.leader)?.url ?? "";
  if (view.leader === "") throw new CommandError("no leader is known", exitCodes.unavailable);
  await session.output.show({
    table: () => tableOf(["LEADER", "EPOCH", "URL"], [[view.leader, epoch, url]], session.paint),
    json: () => JSON.stringify({ leader: view.leader, epoch, url }),
    raw: () => view.leader,
  });
  return exitCodes.ok;
}

/** To that node; absent: to the one that LEADER names. */
export async function moveLeader(session: Session, to: string | undefined): Promise<ExitCode> {
  const { kv, io, output, paint } = session;
  const text = await kv.request("POST", "/leader", { body: { to }, signal: io.signal });
  const moved: { leader: string; epoch: number } = JSON.parse(text);
  await output.show({
    table: () => tableOf(["LEADER", "EPOCH"], [[moved.leader, moved.epoch]], paint),
    json: () => text,
    raw: () => moved.leader,
  });
  return exitCodes.ok;
}

type Settings = Readonly<Record<string, unknown>>;

export async function config(session: Session): Promise<ExitCode> {
  const { config: settings }: { config: Settings } = JSON.parse(
    await ask(session, "/nodes/@leader/status"),
  );
  return await showSettings(session, settings);
}

/** `pairs` such as `writeQuorum=2`. */
export async function setConfig(session: Session, pairs: readonly string[]): Promise<ExitCode> {
  const body = Object.fromEntries(pairs.map(pairOf));
  const text = await session.kv.request("PATCH", "/config", { body, signal: session.io.signal });
  return await showSettings(session, JSON.parse(text));
}

function pairOf(text: string): readonly [string, unknown] {
  const [, name = "", value = ""] = /^(\w+)=(.+)$/s.exec(text) ?? [];
  try {
    return [name, JSON.parse(value)];
  } catch {
    throw new CommandError(`"${text}" is no setting: NAME=JSON, such as writeQuorum=2`);
  }
}

async function showSettings({ output, paint }: Session, settings: Settings): Promise<ExitCode> {
  const rows = Object.entries(settings).map(([name, value]) => [
    ...[name, typeof value === "object" ? JSON.stringify(value) : value],
  ]);
  await output.show({
    table: () => tableOf(["SETTING", "VALUE"], rows, paint),
    json: () => JSON.stringify(settings),
    raw: () => rows.map(([name, value]) => `${name}=${value}`).join("\n"),
  });
  return exitCodes.ok;
}
