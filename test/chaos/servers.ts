import { descendants } from "../../engines/process";
import * as cluster from "../../engines/postgres/cluster";
import { until } from "../helpers/workspace";
import type { Site } from "./plan";
import type { System } from "./system";

/** Kills a site's server as a crash does, whole. False if none runs. */
export async function killServer({ server }: System, site: Site): Promise<boolean> {
  const pid = cluster.runningPid(server(site));
  if (pid === undefined) return false;
  for (const one of [pid, ...descendants(pid)]) signal(one, "SIGKILL");
  await until("the server to be gone", () => cluster.runningPid(server(site)) === undefined);
  return true;
}

/** Starts a site's server as a machine does when it boots, if it has one and it does not run. */
export async function startServer({ server }: System, site: Site): Promise<boolean> {
  if (!cluster.hasData(server(site)) || cluster.runningPid(server(site)) !== undefined) return false;
  await cluster.start(server(site));
  return true;
}

/** Holds every process of a site's server as it stands; answers how to let go, undefined if none runs. */
export function holdServer({ server }: Pick<System, "server">, site: Site): (() => void) | undefined {
  const pid = cluster.runningPid(server(site));
  if (pid === undefined) return undefined;
  const all = [pid, ...descendants(pid)];
  for (const one of all) signal(one, "SIGSTOP");
  return () => all.splice(0).forEach((one) => signal(one, "SIGCONT"));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // ended meanwhile
  }
}
