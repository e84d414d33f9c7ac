import type { DataEntry, Plan } from "../../plan";
import type { Entry } from "../backup/client";
import { readableTime } from "../backup/table";
import { reach } from "../backup/reach";

/** What a site that took over does not have by itself, and the command that brings it. */
export type ToRestore = {
  readonly source: string;
  readonly engine: DataEntry["engine"];
} & ({ readonly backup: string; readonly startedAt: string; readonly command: string } | { readonly reason: string });

type Data = Plan["data"];

/** Sources that neither a replica nor the recovery itself has brought: all but PostgreSQL. */
export const sourcesToRestore = (data: Data): readonly string[] =>
  Object.entries(data).flatMap(([name, { engine }]) => (engine === "postgresql" ? [] : [name]));

/**
 * For each of those sources, the newest verified backup that the other site took, by its id: `latest` may be one that the new
 * live site took of what it has instead.
 * @param backups Newest first.
 */
export function restoresFrom(data: Data, from: string, to: string, backups: readonly Entry[]): readonly ToRestore[] {
  return sourcesToRestore(data).map((source) => {
    const { engine } = data[source]!;
    const taken = backups.filter((one) => one.source === source && one.site === from);
    const found = taken.find(({ state }) => state === "verified");
    if (!found) {
      const unproven = taken.length === 0 ? `${from} left no backup of it` : `no backup of it by ${from} is verified`;
      return { source, engine, reason: `${unproven}: npx pulumi-dr backups ${source} --site ${to}` };
    }
    const { id, startedAt } = found;
    const where = engine === "redis" ? `--to <data folder of ${to}'s stopped Redis>` : "--in-place";
    return { source, engine, backup: id, startedAt, command: `npx pulumi-dr restore ${id} --site ${to} ${where}` };
  });
}

/** The same, as the agent of the site that took over says it. */
export async function readRestores(
  { data }: Pick<Plan, "data">,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly ToRestore[]> {
  if (sourcesToRestore(data).length === 0) return [];
  const { client, close } = await reach({ site: to }, () => {});
  try {
    return restoresFrom(data, from, to, (await client.history()).backups);
  } finally {
    await close();
  }
}

/**
 * Says what is left to be brought back, and answers it; null if it cannot be told. That is no failure of the failover, which
 * is done.
 */
export async function tellRestores(
  plan: Pick<Plan, "data">,
  { from, to }: { readonly from: string; readonly to: string },
  say: (line: string) => void,
): Promise<readonly ToRestore[] | null> {
  try {
    const restores = await readRestores(plan, { from, to });
    if (restores.length > 0) say(`\n${restoreLines(restores, from, to).join("\n")}`);
    return restores;
  } catch (error) {
    const { message } = error as Error;
    say(`\n! what ${from} backed up could not be listed (${message}). Ask again: npx pulumi-dr backups --site ${to}`);
    return null;
  }
}

/** What a person does next, in lines. */
export function restoreLines(restores: readonly ToRestore[], from: string, to: string): readonly string[] {
  if (restores.length === 0) return [];
  return [
    `What ${from} had and no replica brings; ${to}'s agent restores it from the copy in its own region:`,
    ...restores.map((one) =>
      "command" in one
        ? `  ${one.command}    (${one.source}, as of ${readableTime(one.startedAt)})`
        : `! ${one.source}: ${one.reason}`,
    ),
  ];
}
