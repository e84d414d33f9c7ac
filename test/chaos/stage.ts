import { Resolver } from "node:dns/promises";
import type { Outside } from "../../cli/drill/outside";
import { announcedFrom, type Allowance } from "./books";
import type { ChaosJournal } from "./journal";
import type { Operator, Said } from "./operator";
import { NAME, otherThan, SITES, type Site } from "./plan";
import type { Probe } from "./probe";
import type { System } from "./system";

/** Everything that a fault or an operation works with. */
export interface Stage {
  readonly system: System;
  readonly journal: ChaosJournal;
  readonly operator: Operator;
  readonly client: Outside;
  readonly probe: Probe;
  /** Losses that were announced in this run. */
  readonly allowances: Allowance[];
  /** How much time each of them was said to cost, in seconds. */
  readonly announcedSeconds: number[];
}

/** What the name server says, asked as any resolver asks. */
export interface Record_ {
  readonly site: Site;
  readonly epoch: number;
}

export async function recordOf({ nameServer }: System): Promise<Record_> {
  const resolver = new Resolver({ timeout: 1_000, tries: 3 });
  resolver.setServers([`${nameServer.address}:${nameServer.port}`]);
  const text = (await resolver.resolveTxt(`_dr.${NAME}`))[0]!.join("");
  const match = /^site=(\S+) epoch=(\d+)$/.exec(text);
  const site = SITES.find((one) => one === match?.[1]);
  if (!site) throw new Error(`the authority record reads ${text}`);
  return { site, epoch: Number(match![2]) };
}

export async function sitesNow({ system }: Stage): Promise<{ readonly live: Site; readonly other: Site }> {
  const { site } = await recordOf(system);
  return { live: site, other: otherThan(site) };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is yes; false when the time is over. */
export async function holdsWithin(withinMs: number, ask: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + withinMs; ; await pause(50)) {
    if (await ask()) return true;
    if (Date.now() > end) return false;
  }
}

/** A planned switch. What it says is compared with what is. */
export async function planned(stage: Stage): Promise<Said> {
  const said = await stage.operator.run("pulumi-dr", "failover", "--yes", "--json");
  if (said.code === 0) await judgeFailover(stage, said);
  return said;
}

/**
 * A failover from a site that is said to be lost. What it announced may be lost, unless the site took writes still: then all
 * that it had must arrive.
 */
export async function lost(stage: Stage, site: Site): Promise<Said> {
  const answers = (await stage.probe.writers()).includes(site);
  const said = await stage.operator.run("pulumi-dr", "failover", "--lost", site, "--yes", "--json");
  if (!answers && said.code !== USAGE) {
    const fromMs = announcedFrom(said.output);
    stage.allowances.push({ fromMs, toMs: said.endedMs });
    stage.announcedSeconds.push((said.beganMs - fromMs) / 1000);
  }
  if (said.code === 0) await judgeFailover(stage, said);
  return said;
}

/** Refused before anything was done. */
const USAGE = 2;
const WRITES_WITHIN_MS = 20_000;

/** "ok" of a failover: the record names the site and the epoch that were said, and a client that follows it can write there. */
async function judgeFailover({ system, client, journal }: Stage, { stdout, typed, endedMs }: Said): Promise<void> {
  const { live } = JSON.parse(stdout) as { live: Record_ | null };
  const record = await recordOf(system);
  if (live?.site !== record.site || live.epoch !== record.epoch)
    return journal.violate("untrue ok", `${typed} said ${JSON.stringify(live)}, the record ${JSON.stringify(record)}`);
  const address = system.address(record.site);
  const writes = () => client.acknowledged.some((write) => write.sentMs > endedMs && write.address === address);
  if (!(await holdsWithin(WRITES_WITHIN_MS, writes)))
    journal.violate("untrue ok", `${typed} said that ${record.site} is live, and no client could write there`);
}
