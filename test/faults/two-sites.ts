import * as path from "node:path";
import type { Authority } from "../../engines/dns/lookup";
import { lookUpAddress, lookUpAuthority } from "../../engines/dns/lookup";
import { key } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import { runningPid } from "../../engines/postgres/cluster";
import { connected, serverState, type ServerState } from "../../engines/postgres/sql";
import { descendants } from "../../engines/process";
import { HEARTBEAT_TABLE } from "../../cli/drill/client";
import { startOutside, type Outside } from "../../cli/drill/outside";
import { readProject, type Project } from "../../cli/project";
import { readStatus, type Status } from "../../cli/status";
import { commonsOf, NAME_SERVER_PORT } from "../../components/local/place";
import type { PostgresServerOutputs } from "../../provider/postgres/server";
import { dns } from "../../stacks/dns";
import { site as siteProgram } from "../../stacks/site";
import { commandLine } from "../helpers/command-line";
import { inProcess, type InProcess } from "../helpers/in-process";
import { makeProject, removeProject, until, type ProjectFiles } from "../helpers/workspace";

/** What a site is told beside its plan. */
export interface Words {
  readonly activation: "active" | "standby";
  readonly lost?: string;
  /** When the watch found it lost.  @default - a person says so */
  readonly lossFoundAt?: string;
  readonly token?: string;
}

/**
 * Two sites of CotAi's plan on this machine, with real servers and a real name server, brought up by the real programs
 * without Pulumi's engine: seconds less for each `up`. Agents and services do not run.
 */
export interface TwoSites extends ProjectFiles {
  readonly project: Project;
  /** Brings a site up, and answers what a person is told. */
  readonly up: (site: string, words: Words) => Promise<readonly string[]>;
  /** The same, after a look at what is really there, as `up --refresh`. */
  readonly refreshed: (site: string, words: Words) => Promise<readonly string[]>;
  readonly point: (liveSite: string) => Promise<readonly string[]>;
  readonly state: (site: string) => Promise<ServerState>;
  readonly token: (site: string) => string;
  readonly query: <T extends object>(site: string, sql: string, user?: "postgres" | "app") => Promise<T[]>;
  /** What a site's resource, `<type> <name>`, knew after its last `up`. */
  readonly outs: InProcess["outs"];
  /** Folder of a site's server. */
  readonly server: (site: string) => string;
  /** Sends a signal to all processes of a site's server at once; after SIGKILL, waits until they are gone. */
  readonly signal: (site: string, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT") => Promise<void>;
  /** A process of a site's server, by what it says of itself. */
  readonly part: (site: string, name: "startup" | "walreceiver") => number;
  /** Starts an outside client that writes numbered rows to whoever the name leads to, and waits for its first. */
  readonly client: (run: string) => Promise<Outside>;
  /** The numbers of a client's rows, as one server has them. */
  readonly written: (site: string, run: string) => Promise<readonly number[]>;
  /** What the name server says now. */
  readonly record: () => Promise<{ readonly address?: string; readonly authority?: Authority }>;
  readonly status: () => Promise<Status>;
  readonly end: () => void;
}

const READ_ONLY = "25006";

/** @param change What is different from CotAi's plan.  @default - nothing */
export async function twoSites(change?: (plan: string) => string): Promise<TwoSites> {
  const files = makeProject(change);
  const project = readProject(files.folder);
  const { plan, location } = project;
  const patient = (...who: Parameters<ProjectFiles["endpoint"]>) => ({ ...files.endpoint(...who), timeoutMs: 60_000 });
  const engine = inProcess(["dr:local:Process"]);
  const common = { plan, platform: "local", location };
  const nameServer = () => ({
    address: "127.0.0.1",
    port: keptPorts(commonsOf({ location, plan: plan.name }).portRegistry)[NAME_SERVER_PORT]!,
  });
  const at: TwoSites = {
    ...{ ...files, project },
    up: (site, { activation, lost, lossFoundAt, token }) =>
      engine.up(site, () =>
        siteProgram({
          ...{ kind: "site", ...common, site, activation },
          ...(lost ? { siteIsLost: lost } : {}),
          ...(lossFoundAt ? { lossFoundAt } : {}),
          demotionTokens: token ? { postgres: token } : {},
        }),
      ),
    refreshed: (site, words) => engine.refresh(site).then(() => at.up(site, words)),
    point: (liveSite) => engine.up("dns", () => dns({ kind: "dns", ...common, liveSite })),
    state: (site) => connected(patient(site), serverState),
    token: (site) => engine.outs<PostgresServerOutputs>(site, "dr:local:PostgresServer postgres").demotionToken!,
    query: (site, sql, user = "app") =>
      connected(patient(site, user), async (client) => (await client.query(sql)).rows as never),
    outs: engine.outs,
    server: (site) => path.join(files.place(site).region, "postgres"),
    async signal(site, signal) {
      const pid = runningPid(at.server(site))!;
      for (const one of [pid, ...descendants(pid)])
        try {
          process.kill(one, signal);
        } catch {
          // it ended by itself, or with the first
        }
      if (signal === "SIGKILL") await until("the server to be gone", () => runningPid(at.server(site)) === undefined);
    },
    part: (site, name) =>
      descendants(runningPid(at.server(site))!).find((pid) => commandLine(pid).includes(`: ${name}`))!,
    async client(run) {
      await at.query("prod", HEARTBEAT_TABLE).catch((error: { code?: string }) => {
        if (error.code !== READ_ONLY) throw error as Error; // it came from the other site
      });
      const { port, keysFolder, database } = files.endpoint("prod", "app");
      const task = { nameServer: nameServer(), name: plan.dns.name, port, database: database!, run };
      const outside = startOutside({ ...task, password: key(keysFolder, "app") });
      await outside.first(() => true, 90_000);
      return outside;
    },
    async written(site, run) {
      const rows = await at.query<{ seq: string }>(
        site,
        `select seq from dr_heartbeat where run = '${run}' order by seq`,
      );
      return rows.map(({ seq }) => Number(seq));
    },
    async record() {
      const { name } = plan.dns;
      const [found, authority] = await Promise.all([
        lookUpAddress(nameServer(), name),
        lookUpAuthority(nameServer(), name),
      ]);
      return { ...(found ? { address: found.address } : {}), ...(authority ? { authority } : {}) };
    },
    status: () => readStatus(project),
    end: () => removeProject(files),
  };
  try {
    await at.up("prod", { activation: "active" });
    await at.up("dr", { activation: "standby" });
    await at.point("prod");
  } catch (error) {
    at.end();
    throw error;
  }
  return at;
}
