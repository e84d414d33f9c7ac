import type { Engine } from "../../plan";
import { stateOf, type TargetRefusal } from "../contract";
import { refusalOfTarget } from "../target";
import type { Held, RestoreOrder } from "./ports";
import { Problem } from "./problem";

/** What the seeds' documents call what is restored. */
export const RESTORE_TYPES: Readonly<Record<string, readonly Engine[]>> = {
  database: ["postgresql", "mongodb"],
  cache: ["redis"],
  files: ["files"],
  configuration: ["configuration"],
};

export interface RestoreBody {
  readonly backupId: string;
  readonly type?: string;
  readonly source?: string;
  readonly target?: string;
  readonly confirm?: string;
  readonly drop?: boolean;
  readonly time?: string;
  readonly evenIfNotProven?: boolean;
}

/**
 * The name that a person types to confirm: the source's own if that is what is overwritten, a folder as it is, of a server's
 * address only host and database, because the rest may hold a password.
 */
export function nameOfTarget(source: string, target: string | undefined): string {
  if (target === undefined || target === source) return source;
  if (!URL.canParse(target)) return target;
  const { host, pathname } = new URL(target);
  return `${host}${pathname === "/" ? "" : pathname}`;
}

/** What is to be done, if all of it was said and can be; otherwise what is missing. */
export function restoreOrder(held: Held, body: RestoreBody, now = new Date()): RestoreOrder {
  const { backup } = held;
  const { type, source, target, confirm, drop = true, time, evenIfNotProven = false } = body;
  if (source !== undefined && source !== backup.source)
    throw refusal(
      "source",
      `must be ${backup.source}, which this backup is of`,
      source,
      "Name another backup or source.",
    );
  if (type !== undefined && !RESTORE_TYPES[type]?.includes(backup.engine))
    throw refusal("type", `must fit the backup, which is of engine ${backup.engine}`, type, "Leave `type` out.");
  if (target !== undefined && target !== backup.source && !/[:/]/.test(target))
    throw refusal(
      "target",
      `must be ${backup.source}, an address or a folder`,
      target,
      "Leave `target` out, or change it.",
    );
  if (time !== undefined && (backup.engine !== "postgresql" || backup.kind !== "physical"))
    throw refusal("time", "needs a physical backup of PostgreSQL", time, "Leave `time` out, or name such a backup.");
  if (time !== undefined && Date.parse(time) < Date.parse(backup.endedAt))
    throw refusal("time", `must not be before the backup's end, ${backup.endedAt}`, time, "Name an older backup.");
  if (time !== undefined && Date.parse(time) > now.getTime())
    throw refusal("time", `must not lie in the future, it is ${now.toISOString()} now`, time, "Name a moment before.");
  const isItself = target === undefined || target === backup.source;
  const wrong = refusalOfTarget(backup, isItself ? undefined : target);
  if (wrong) throw targetRefused(wrong);
  if (stateOf(held) === "failed" && !evenIfNotProven)
    throw refusal(
      "backupId",
      "must not be of a backup that could not be proven",
      backup.id,
      `Name another backup; or, if there is none, add "evenIfNotProven": true. Why it failed: ${held.verdicts.at(-1)?.reasons.join("; ")}`,
    );
  const name = nameOfTarget(backup.source, target);
  if (confirm !== name)
    throw new Problem(
      422,
      "not-confirmed",
      `this overwrites ${name}: \`confirm\` must be that name`,
      `If that is meant, send the same again with "confirm": ${JSON.stringify(name)}. To look first, give another \`target\`.`,
      {
        faults: [{ field: "confirm", rule: `must be ${JSON.stringify(name)}`, got: confirm }],
        members: { confirm: name },
      },
    );
  return { backup, target: isItself ? undefined : target, drop, ...(time === undefined ? {} : { time }) };
}

/** What was got is not shown: an address may hold a password. */
export const targetRefused = ({ rule, way }: TargetRefusal) => refusal("target", rule, undefined, `${way}.`);

const refusal = (field: string, rule: string, got: unknown, wayOut: string) =>
  new Problem(422, "not-possible", `\`${field}\` ${rule}`, wayOut, { faults: [{ field, rule, got }] });
