import type { Client } from "pg";
import { commonsOf, NAME_SERVER_PORT, placeOf } from "../../components/local/place";
import { lookUpAuthority } from "../../engines/dns/lookup";
import { key } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import { connected, type Endpoint } from "../../engines/postgres/sql";
import { databasesOf, DNS_STACK, UsageError, type Project } from "../project";
import type { Progress } from "../progress";
import { pulumi } from "../pulumi";
import { offerAt } from "../recovery/restorable";
import { lostSite } from "../recovery/steps";
import { takeSteps } from "../recovery/take";
import { HEARTBEAT_TABLE } from "./client";
import { loseSite } from "./lose-site";
import { measure, type Measured } from "./measure";
import { startOutside } from "./outside";
import { fillDatabase } from "./sample-data";
import { bringBack, putSampleFiles, untilBackedUp } from "./sample-files";
import { survivorsOf } from "./survivors";

export interface RegionLossOptions {
  /** Sample data put in before the loss, in MiB. */
  readonly dataMiB: number;
  /** How long the client writes before the loss. */
  readonly writeSeconds: number;
}

/** Loses the live site for real, recovers by the same commands as a person would, and measures it from outside. */
export async function regionLoss(project: Project, progress: Progress, options: RegionLossOptions): Promise<Measured> {
  const { folder, plan, location, sites } = project;
  const [live, next] = sites as [string, string];
  const [database] = databasesOf(plan);
  if (!database)
    throw new UsageError(`${plan.name} has no database that a drill could measure (data.<name>.engine: postgresql)`);
  const siteOf = (name: string) => placeOf({ location, plan: plan.name, all: sites }, name);
  const { keysFolder, portRegistry, nameServerAddress } = commonsOf({ location, plan: plan.name });

  const { region, files } = siteOf(live);
  const samples = putSampleFiles(plan, region, files);
  for (const stack of [live, next, DNS_STACK])
    await progress.step(`bring up ${stack} (pulumi up)`, () => pulumi(folder, { verb: "up", stack }));
  const ports = keptPorts(portRegistry);
  const nameServer = { address: nameServerAddress, port: ports[NAME_SERVER_PORT]! };
  const at = (site: string): Endpoint => ({
    address: siteOf(site).address,
    port: ports[database.name]!,
    keysFolder,
    database: database.database,
    user: "app",
  });
  await refuseUnready(nameServer, plan.dns.name, live);
  const recovers = database.replica === "none" ? { from: live, to: next } : undefined;
  if (recovers)
    await progress.step(`wait for a backup of ${database.name} that is proven, at ${next}`, () =>
      untilOffered(() => offerAt(project, database.name, recovers)),
    );

  await progress.step(`put ${options.dataMiB} MiB of data in`, () =>
    connected(at(live), (client) => fillDatabase(client, options.dataMiB)),
  );
  await connected(at(live), (client) => client.query(HEARTBEAT_TABLE));
  const run = new Date().toISOString();
  const sources = Object.keys(samples).join(" and ");
  if (sources) await progress.step(`wait for backups of ${sources}, at both sites`, () => untilBackedUp(samples, live));
  const outside = startOutside({
    ...{ nameServer, name: plan.dns.name, run },
    port: at(live).port,
    database: database.database,
    password: key(keysFolder, "app"),
  });
  try {
    await progress.step(`a client writes through ${plan.dns.name}`, async () => {
      await outside.first(() => true, 30_000);
      // There is a point to recover to once a write was archived. The loss comes at the worst moment: before the next segment.
      if (recovers) {
        const segment = await connected(at(live), currentSegment);
        await untilOffered(async () => {
          const { newestWal } = await offerAt(project, database.name, recovers);
          if (!newestWal || newestWal.name < segment) throw new Error(`${segment} was not archived at ${next}`);
        });
      }
      const worst = recovers ? database.backup.archiveTimeout * NEARLY : 0;
      await new Promise((resolve) => setTimeout(resolve, Math.max(options.writeSeconds, worst) * 1000));
    });
    const lostAt = await progress.step(`lose ${live}: kill -9, folder gone`, async () =>
      Promise.resolve(loseSite(siteOf(live).region)),
    );
    await takeSteps(folder, lostSite(live, next), progress);
    const newAddress = siteOf(next).address;
    await progress.step("the client's first write at the new site", () =>
      outside.first(({ address, sentMs }) => address === newAddress && sentMs >= lostAt, 60_000),
    );
    await new Promise((resolve) => setTimeout(resolve, 500)); // a few more writes: one could be luck
    await outside.stop();
    if (sources) await bringBack(samples, plan, { from: live, to: next }, siteOf(next).files, progress);
    return await progress.step("compare what was acknowledged with what is there", async () =>
      measure(outside.acknowledged, await survivorsOf(at(next), run), lostAt, newAddress),
    );
  } finally {
    await outside.stop();
  }
}

/** Of the time after which the next WAL segment is archived. */
const NEARLY = 0.9;
const OFFERED_WITHIN_MS = 300_000;

async function untilOffered(look: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + OFFERED_WITHIN_MS; ; await new Promise((r) => setTimeout(r, 500))) {
    try {
      return void (await look());
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

const currentSegment = async (client: Client): Promise<string> =>
  (await client.query<{ name: string }>("select pg_walfile_name(pg_current_wal_lsn()) as name")).rows[0]!.name;

async function refuseUnready(nameServer: { address: string; port: number }, name: string, live: string): Promise<void> {
  const authority = await lookUpAuthority(nameServer, name);
  if (authority?.site === live) return;
  throw new UsageError(
    `the drill loses ${live}, and ${authority?.site ?? "no site"} is live: an earlier loss was not made good. ` +
      "`--fresh` destroys these local sites and starts from new ones",
  );
}
