import { UsageError } from "../project";
import { carryOut, JobFailed } from "./carry-out";
import type { Client, Entry } from "./client";
import { chooseBackup } from "./choose";
import { withAgent, type CommonOptions } from "./command";
import { renderBackups } from "./table";

export interface VerifyOptions extends CommonOptions {
  readonly source?: string;
  readonly level: string;
}

/** `pulumi-dr verify`: exits 0 only if each backup was proven at the level that was asked for. */
export function verify(id: string, options: VerifyOptions): Promise<void> {
  const { source, level } = options;
  return withAgent(options, async ({ client, ...at }, progress) => {
    const chosen = await choose(client, id, source);
    const failures: { backup: string; reason: string }[] = [];
    for (const one of chosen) {
      const name = `${level === "read" ? "read back" : "restore into a scratch server and compare"} ${one.id}`;
      try {
        await carryOut({ client, ...at }, progress, name, () => client.verify({ backupId: one.id, level }));
      } catch (error) {
        if (!(error instanceof JobFailed)) throw error;
        failures.push({ backup: one.id, reason: error.message });
      }
    }
    const ids = chosen.map((one) => one.id);
    const backups = (await client.history()).backups.filter((entry) => ids.includes(entry.id));
    const proven = backups.filter((entry) => isProven(entry, level)).length;
    const ok = failures.length === 0 && proven === chosen.length;
    const lines = [
      ...["", ...renderBackups(backups), ""],
      ...failures.map(({ reason }) => `! ${reason}`),
      ok
        ? `ok: ${proven === 1 ? "it is" : `all ${proven} are`} proven by ${howOf(level)}`
        : `NOT OK: ${proven} of ${chosen.length} proven by ${howOf(level)}`,
    ];
    progress.say(lines.join("\n"));
    return { ok, level, backups, failures };
  });
}

const howOf = (level: string) => (level === "read" ? "reading it back" : "a restore");

/** A proof by reading back is none by a restore. */
const isProven = ({ state, verdict }: Entry, level: string) =>
  state === "verified" && (level === "read" || verdict?.level === "restore");

/** One backup; for `latest` without a source, the latest of each. */
async function choose(client: Client, id: string, source: string | undefined): Promise<readonly Entry[]> {
  const all = (await client.history(source === undefined ? {} : { source })).backups;
  // What another site backed up is only read here: its newest is not this site's to prove.
  const backups = id === "latest" ? all.filter(({ inherited }) => !inherited) : all;
  const sources = source === undefined ? [...new Set(backups.map((entry) => entry.source))].sort() : [source];
  if (id !== "latest") return [chooseBackup(backups, { id, source })];
  if (sources.length === 0) throw new UsageError("there is no backup yet; take one: npx pulumi-dr backup");
  return sources.map((one) => chooseBackup(backups, { id, source: one }));
}
