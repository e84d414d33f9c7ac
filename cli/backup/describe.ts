import { nameOfTarget } from "../../agent/api/restore";
import type { Entry } from "./client";
import { readableBytes, readableSpan } from "./meter";
import { readableTime, stateWord } from "./table";

interface Planned {
  /** Newest first: what else there would be. */
  readonly backups: readonly Entry[];
  readonly chosen: Entry;
  /** @default - the source itself */
  readonly target: string | undefined;
  readonly time: string | undefined;
  readonly drop: boolean;
  readonly now: Date;
}

/** What a restore brings back, what it costs and what it overwrites: all that a person must know before agreeing. */
export function describeRestore({ backups, chosen, target, time, drop, now }: Planned): readonly string[] {
  const { id, site, source, engine, kind, startedAt, endedAt, bytes, verdict, inherited, repositories } = chosen;
  // A physical backup comes back as it was at its end; every other holds nothing newer than its start.
  const moment = time ?? (engine === "postgresql" && kind === "physical" ? endedAt : startedAt);
  const age = readableSpan((now.getTime() - Date.parse(moment)) / 1000);
  const newer = backups.filter((one) => one.source === source && one.startedAt > startedAt);
  const notProven = newer.filter(({ state }) => state !== "verified").length;
  const rows = [
    [
      "backup",
      `${id}, ${readableBytes(bytes.source)}, ${stateWord(chosen)}${verdict ? ` at ${readableTime(verdict.at)}` : ": NOT PROVEN TO RESTORE"}`,
    ],
    ...(inherited ? [["taken at", `${site}; it is read from ${repositories.join(", ")}`] as const] : []),
    ["as of", `${readableTime(moment)}, ${age} ago: what was written to ${source} since then is not in it`],
    ...(time === undefined && newer.length > 0
      ? [
          [
            "newer",
            `${newer.length} of ${source}${notProven > 0 ? `, ${notProven} of them not verified` : ""}; npx pulumi-dr backups ${source} lists them`,
          ],
        ]
      : []),
    ["into", target === undefined ? `${source} itself` : nameOfTarget(source, target)],
    ["overwrites", overwritten(chosen, target, drop)],
  ] as const;
  return [`Restore ${source}:`, ...rows.map(([word, text]) => `  ${word.padEnd(11)}${text}`)];
}

function overwritten({ engine, kind }: Entry, target: string | undefined, drop: boolean): string {
  const where = target === undefined ? "the source" : "the target";
  if (engine === "mongodb")
    return drop
      ? `collections of ${where} that the backup holds too are dropped first`
      : `documents of ${where} with the same _id stay; --drop replaces the collections`;
  if (engine === "postgresql" && kind === "logical")
    return drop
      ? `tables of ${where} that the backup holds too are dropped first`
      : `nothing: it fails, and changes nothing, if ${where} has a table of the backup; --drop replaces them`;
  if (!drop) return "nothing: it fails, and changes nothing, if something is there already; --drop replaces it";
  return kind === "files"
    ? "each path of the backup that is there already is replaced"
    : `EVERYTHING in ${where} is removed first`;
}

/** What a person does next with what was restored. */
export function afterRestore(
  { source, engine, kind }: Entry,
  target: string,
  time: string | undefined,
): readonly string[] {
  if (engine === "postgresql" && kind === "physical")
    return [
      `${source} as of ${time ?? "the backup's end"} is in ${target}; PostgreSQL replayed its WAL up to there, and stopped.`,
      "As the folder's owner, start it at a port of its own; it takes writes:",
      `  pg_ctl -D ${target} -l ${target}/start.log -o "-p 5433" -w start`,
    ];
  if (engine === "redis") return [`${source} is in ${target}. Start its server, and warm the cache up`];
  return [`${source} is in ${target}`];
}
