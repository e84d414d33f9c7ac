import { UsageError } from "../project";
import { carryOut, JobFailed } from "./carry-out";
import type { Entry } from "./client";
import { withAgent, type CommonOptions } from "./command";
import { renderBackups } from "./table";

export interface BackupOptions extends CommonOptions {
  readonly type: string;
  readonly description?: string;
}

interface Failure {
  readonly source: string | null;
  readonly reason: string;
}

/** `pulumi-dr backup`: exits 0 only if every backup was taken and read back. */
export function backup(sources: readonly string[], options: BackupOptions): Promise<void> {
  const { type, description } = options;
  return withAgent(options, async ({ client, ...at }, progress) => {
    // A name that is mistyped is refused before anything is begun.
    for (const source of sources) await client.history({ source, limit: 1 });
    const made: string[] = [];
    const failures: Failure[] = [];
    for (const source of sources.length > 0 ? [...new Set(sources)] : [undefined]) {
      const order = { type, ...(source ? { source } : {}), ...(description ? { description } : {}) };
      try {
        const name = `${type} backup of ${source ?? "all sources that can take one"}`;
        const job = await carryOut({ client, ...at }, progress, name, () => client.backup(order));
        made.push(...(job.backups ?? []));
      } catch (error) {
        const isFirst = made.length === 0 && failures.length === 0;
        if (!(error instanceof JobFailed) && (isFirst || !(error instanceof UsageError))) throw error;
        if (error instanceof JobFailed) made.push(...(error.job.backups ?? []));
        failures.push({ source: source ?? null, reason: error.message });
      }
    }
    const backups = (await client.history()).backups.filter(({ id }) => made.includes(id));
    const notProven = backups.filter(({ state }) => state !== "verified");
    const ok = failures.length === 0 && backups.length > 0 && notProven.length === 0;
    progress.say(summary(backups, failures, ok).join("\n"));
    return { ok, backups, failures };
  });
}

/** What came of it, for a person. */
export function summary(backups: readonly Entry[], failures: readonly Failure[], ok: boolean): readonly string[] {
  const taken = backups.length === 1 ? "1 backup was taken" : `${backups.length} backups were taken`;
  const proof = backups.length === 1 ? "and read back" : "and each was read back";
  return [
    ...(backups.length > 0 ? ["", ...renderBackups(backups), ""] : []),
    ...failures.map(
      ({ source, reason }) => `! ${source === null || reason.startsWith(source) ? "" : `${source}: `}${reason}`,
    ),
    ok
      ? `ok: ${taken} ${proof}. Prove one by a restore: npx pulumi-dr verify ${backups[0]!.id}`
      : `NOT OK: ${backups.length === 0 ? "no backup was taken" : `${taken}; see above for what is missing`}`,
  ];
}
