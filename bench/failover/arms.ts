import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import * as path from "node:path";
import { commonsOf, NAME_SERVER_PORT } from "../../components/local/place";
import { HEARTBEAT_TABLE } from "../../cli/drill/client";
import { loseSite } from "../../cli/drill/lose-site";
import { startOutside, type Outside } from "../../cli/drill/outside";
import { startProgress } from "../../cli/progress";
import type { Step } from "../../evidence/record";
import { lostSite, plannedSwitch, type RecoveryStep } from "../../cli/recovery/steps";
import { takeSteps } from "../../cli/recovery/take";
import { fillDatabase } from "../../cli/drill/sample-data";
import { pulumi } from "../../cli/pulumi";
import { lookUpAddress } from "../../engines/dns/lookup";
import { key } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import { binaries } from "../../engines/postgres/binaries";
import { passFile } from "../../engines/postgres/cluster";
import { connected } from "../../engines/postgres/sql";
import { makeWorkspace, until } from "../../test/helpers/workspace";
import { timed } from "../samples";
import { makeEmptyStack } from "./empty-stack";
import { caughtUp, switchOfServers, withScratchServer } from "./scratch-server";

const NAME = "app.cotai.test";

/** The arms of the failover bench, over one pair of sites that are lost and rebuilt in turn. */
export async function makeArms(sizeMiB: number) {
  const at = makeWorkspace();
  const empty = makeEmptyStack();
  const { keysFolder, portRegistry } = commonsOf({ location: at.location, plan: "cotai" });
  const dump = path.join(at.folder, "last-night.sql.gz");
  let [live, other] = ["prod", "dr"] as [string, string];

  const endpoint = (site: string) => ({ ...at.endpoint(site), database: "cotai" });
  const nameServer = () => ({ address: "127.0.0.1", port: keptPorts(portRegistry)[NAME_SERVER_PORT]! });
  const client = (program: string, ...args: string[]) =>
    [path.join(binaries().folder, program), ...args].map((word) => `'${word}'`).join(" ");
  const shell = (line: string) =>
    execFileSync("bash", ["-o", "pipefail", "-c", line], {
      env: { ...process.env, PGPASSFILE: passFile(keysFolder) },
      stdio: ["ignore", "ignore", "inherit"],
    });
  const login = ({ address, port }: { address: string; port: number }) => [
    "-h",
    address,
    "-p",
    String(port),
    "-U",
    "postgres",
  ];

  for (const stack of ["prod", "dr", "dns"]) at.up(stack);
  await connected({ ...endpoint(live), user: "app" }, (sql) => fillDatabase(sql, sizeMiB));
  await connected({ ...endpoint(live), user: "app" }, (sql) => sql.query(HEARTBEAT_TABLE));
  shell(`${client("pg_dump", ...login(endpoint(live)), "cotai")} | gzip > '${dump}'`);

  /** Neither a replica that lags nor a backup that runs may be counted to an arm. */
  async function quiet(): Promise<void> {
    await caughtUp(endpoint(live), endpoint(other));
    const status = `http://${at.place(live).address}:${keptPorts(portRegistry)["agent"]}/status`;
    const idle = async () => ((await (await fetch(status)).json()) as { running: object | null }).running === null;
    await until("the agent to be idle", idle, 600_000);
    await connected(endpoint(live), (sql) => sql.query("checkpoint"));
  }

  const take = async (steps: readonly RecoveryStep[]): Promise<readonly Step[]> => {
    const progress = startProgress(process.stderr);
    await takeSteps(at.folder, steps, progress);
    return progress.steps;
  };

  async function withClient<T>(work: (outside: Outside) => Promise<T>): Promise<T> {
    await quiet();
    const outside = startOutside({
      ...{ nameServer: nameServer(), name: NAME, port: endpoint(live).port, database: "cotai" },
      ...{ password: key(keysFolder, "app"), run: new Date().toISOString() },
    });
    try {
      await outside.first(() => true, 30_000);
      return await work(outside);
    } finally {
      await outside.stop();
    }
  }

  return {
    /** From the kill to the first write that the outside client has acknowledged, by the two commands of a person. */
    recover: () =>
      withClient(async (outside) => {
        const lostAt = loseSite(at.place(live).region);
        await take(lostSite(live, other));
        const { address } = at.place(other);
        const first = await outside.first((write) => write.address === address && write.sentMs >= lostAt, 60_000);
        return (first.ackMs - lostAt) / 1000;
      }),

    /** From the last write that the old site acknowledged to the new site's first, and how long each step took. */
    switchOver: () =>
      withClient(async (outside) => {
        const [from, to] = [live, other];
        const steps = await take(plannedSwitch(from, to));
        const first = await outside.first(({ address }) => address === at.place(to).address, 60_000);
        const last = outside.acknowledged.findLast(({ address }) => address === at.place(from).address)!;
        [live, other] = [to, from];
        return { seconds: (first.ackMs - last.ackMs) / 1000, steps };
      }),

    /**
     * A primary stopped and started again as a standby, its standby promoted, a write there and one DNS query. The client
     * asks the name server itself: whoever keeps the answer waits for the rest of its TTL besides.
     */
    switchFloor: async () =>
      (await switchOfServers(keysFolder)) + (await timed(() => lookUpAddress(nameServer(), NAME))),

    /** Makes the lost site the standby of the new one. */
    async rebuild(): Promise<void> {
      [live, other] = [other, live];
      await pulumi(at.folder, { verb: "config", stack: live, args: ["rm", "dr:siteIsLost"] });
      await pulumi(at.folder, { verb: "config", stack: other, args: ["set", "dr:activation", "standby"] });
      for (const stack of [live, other]) at.up(stack);
    },

    /** Bare promotion of a caught-up standby and a write, two empty `up`s, one DNS query: what nothing can be faster than. */
    async floor(): Promise<{ total: number; promote: number; emptyUps: number[] }> {
      await quiet();
      const promote = await withScratchServer(keysFolder, endpoint(live), (server) =>
        connected(server, (sql) =>
          timed(async () => {
            await sql.query("select pg_promote(true)");
            await sql.query("create table floor_probe as select 1 as one");
          }),
        ),
      );
      const emptyUps = [await timed(() => Promise.resolve(empty.up())), await timed(() => Promise.resolve(empty.up()))];
      const query = await timed(() => lookUpAddress(nameServer(), NAME));
      return { total: promote + query + emptyUps[0]! + emptyUps[1]!, promote, emptyUps };
    },

    noOpUp: async () => (await quiet(), timed(() => Promise.resolve(at.up(live, "--suppress-progress")))),

    /** The documents' way: last night's dump into a fresh server. The server's own start is not counted. */
    async restoreDump(): Promise<number> {
      await quiet();
      return withScratchServer(keysFolder, undefined, async (server) => {
        await connected(server, (sql) => sql.query("create role app"));
        await connected(server, (sql) => sql.query("create database cotai owner app"));
        return timed(() =>
          Promise.resolve(
            shell(`gunzip -c '${dump}' | ${client("psql", "-q", "-v", "ON_ERROR_STOP=1", ...login(server), "cotai")}`),
          ),
        );
      });
    },

    remove(): void {
      empty.remove();
      rmSync(dump, { force: true });
      at.remove();
    },
  };
}
