import { readdirSync, rmSync } from "node:fs";
import * as path from "node:path";
import { Client, type QueryResultRow } from "pg";
import { key } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import { commonsOf } from "../../components/local/place";
import { processesOf } from "../../cli/drill/lose-site";
import { makeWorkspace, type Workspace } from "../helpers/workspace";
import { chaosPlan, DATABASE, PLAN, SITES, type Site } from "./plan";

/** How the oracle comes to a server: as everyone does, or past every network, on its own machine. */
export type Way = "network" | "socket";

/** The plan, up at both sites, as its user has it; and the oracle's own ways to its servers. */
export interface System {
  readonly workspace: Workspace;
  readonly nameServer: { readonly address: string; readonly port: number };
  readonly port: number;
  readonly password: string;
  readonly address: (site: Site) => string;
  readonly region: (site: Site) => string;
  /** Folder of a site's server. */
  readonly server: (site: Site) => string;
  /** Asks one server, with PostgreSQL's client and nothing of the product. */
  readonly ask: <R extends QueryResultRow>(site: Site, query: Query) => Promise<R[]>;
  /** Throws away what was kept of servers that were taken back, as a person does who has looked at it. */
  readonly sweep: () => void;
  readonly remove: (keep: boolean) => void;
}

export interface Query {
  readonly sql: string;
  readonly values?: readonly unknown[];
  /** @default "socket" */
  readonly way?: Way;
  /** @default "postgres", the superuser */
  readonly user?: "postgres" | "app";
  /** @default - the application's */
  readonly database?: string;
  /** Milliseconds for the connection, and again for the answer.  @default 3000 */
  readonly withinMs?: number;
}

/** Brings a new plan up. Takes some twenty seconds. */
export function makeSystem(): System {
  const workspace = makeWorkspace(chaosPlan);
  const { location } = workspace;
  try {
    for (const stack of [...SITES, "dns"]) workspace.up(stack);
  } catch (error) {
    workspace.remove();
    throw error;
  }
  const { keysFolder, portRegistry, nameServerAddress } = commonsOf({ location, plan: PLAN });
  const ports = keptPorts(portRegistry);
  const port = ports[DATABASE]!;
  const place = (site: Site) => workspace.place(site);
  const server = (site: Site) => path.join(place(site).region, DATABASE);
  return {
    ...{ workspace, port, server, password: key(keysFolder, "app") },
    nameServer: { address: nameServerAddress, port: ports["dns"]! },
    address: (site) => place(site).address,
    region: (site) => place(site).region,
    async ask<R extends QueryResultRow>(site: Site, query: Query): Promise<R[]> {
      const { sql, values = [], way = "socket", user = "postgres", database = PLAN, withinMs = 3_000 } = query;
      const client = new Client({
        ...{ host: way === "socket" ? place(site).socketFolder : place(site).address, port, database },
        ...{ user, password: key(keysFolder, user), connectionTimeoutMillis: withinMs, query_timeout: withinMs },
        application_name: "oracle",
      });
      client.on("error", () => {}); // the query says so
      try {
        await client.connect();
        return (await client.query<R>(sql, [...values])).rows;
      } finally {
        void client.end().catch(() => {});
      }
    },
    sweep() {
      for (const site of SITES)
        for (const name of listed(server(site)).filter((one) => one.startsWith("data.kept-")))
          rmSync(path.join(server(site), name), { recursive: true, force: true });
    },
    remove(keep) {
      if (!keep) return workspace.remove();
      for (const stack of ["dns", "dr", "prod"])
        workspace.pulumi("destroy", "--stack", stack, "--yes", "--skip-preview");
      for (const pid of processesOf(location)) process.kill(pid, "SIGKILL");
    },
  };
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the site is lost
  }
}
