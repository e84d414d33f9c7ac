import { renameSync, rmSync } from "node:fs";
import * as path from "node:path";
import * as cluster from "../../engines/postgres/cluster";
import { saveLostRows } from "../../engines/postgres/lost-rows";
import { rewind } from "../../engines/postgres/rewind";
import type { ServerSettings } from "../../engines/postgres/settings";
import { connected, serverState, type Endpoint } from "../../engines/postgres/sql";
import type { Tell } from "../tell";
import type { Divergence } from "./history";

export interface Rejoining {
  /** Folder of the server, which is stopped. */
  readonly folder: string;
  readonly site: string;
  readonly endpoint: Endpoint;
  readonly peer: { readonly site: string; readonly address: string };
  readonly settings: ServerSettings;
}

const STREAMS_WITHIN_MS = 30_000;

/**
 * Brings a server whose history went its own way back to the live one's. What only it had is kept first: its whole folder,
 * and the rows in a file. False if it cannot be taken back; then its place is empty, and only a new copy helps.
 */
export async function rejoin(it: Rejoining, divergence: Divergence, tell: Tell): Promise<boolean> {
  const { folder, site, peer, endpoint, settings } = it;
  const { fork, ending } = divergence;
  if (fork === undefined) {
    tell(`kept: ${cluster.setAside(folder)}, whose history ${peer.site} has no part in`, "warning");
    return false;
  }
  let kept: string;
  try {
    kept = await cluster.copyAside(folder);
  } catch (error) {
    tell(`kept: ${cluster.setAside(folder)}; it could not be copied (${oneLine(error)})`, "warning");
    return false;
  }
  tell(`kept: ${kept}, as ${site} left it`, "warning");
  // Under a name that nobody starts: for a while it has no word in it that keeps it from writing.
  const data = `${cluster.dataFolder(folder)}.rejoining`;
  rmSync(data, { recursive: true, force: true });
  renameSync(cluster.dataFolder(folder), data);
  try {
    const file = `${kept}.lost-rows.jsonl`;
    const server = { data, logFile: path.join(folder, "server.log"), endpoint };
    const lost = await saveLostRows(server, { timeline: ending.timeline, fork }, file);
    tell(`only ${site} had: ${inWords(lost.rows)}${deletions(lost.deleted)}; saved in ${file}`, "warning");
  } catch (error) {
    tell(`what only ${site} had could not be listed, and is in ${kept}: ${oneLine(error)}`, "warning");
  }
  const live = { ...endpoint, address: peer.address };
  try {
    await rewind(data, live, cluster.passFile(endpoint.keysFolder), fork);
    cluster.startInRecovery(data);
    renameSync(data, cluster.dataFolder(folder));
    cluster.configure(folder, settings);
    await cluster.ensureSlot(live, site);
    await cluster.start(folder);
    await untilStreaming(endpoint);
    return true;
  } catch (error) {
    tell(`${site} could not be taken back (${oneLine(error)}); it is copied anew`, "warning");
    await cluster.stop(folder).catch(() => {});
    for (const gone of [data, cluster.dataFolder(folder)]) rmSync(gone, { recursive: true, force: true });
    return false;
  }
}

async function untilStreaming(endpoint: Endpoint): Promise<void> {
  for (const end = Date.now() + STREAMS_WITHIN_MS; ; await new Promise((r) => setTimeout(r, 100))) {
    if ((await connected(endpoint, serverState)).streaming) return;
    if (Date.now() > end) throw new Error("it does not stream; the live site may not have its WAL any more");
  }
}

function inWords(rows: Readonly<Record<string, number>>): string {
  const all = Object.entries(rows).map(([table, count]) => `${count} row${count === 1 ? "" : "s"} of ${table}`);
  return all.length === 0 ? "no rows" : all.join(", ");
}

const deletions = (deleted: Readonly<Record<string, number>>) =>
  Object.keys(deleted).length === 0 ? "" : `, and it had deleted ${inWords(deleted)}`;

const oneLine = (error: unknown) => (error as Error).message.replaceAll(/\s*\n\s*/g, "; ");
