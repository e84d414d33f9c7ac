import { randomBytes } from "node:crypto";
import type { Backup } from "../../contract";
import { ask, type RedisServer } from "./client";
import { SENTINEL, type RdbSummary } from "./rdb";

/** Writes the value that a restore must find. A replica takes no writes: then the details say why there is none. */
export async function writeSentinel(
  server: RedisServer,
  wanted = 15,
): Promise<{ readonly value?: string; readonly details: Backup["details"] }> {
  const value = `s${randomBytes(12).toString("base64url")}`; // too short for Redis to pack
  let refusal = "";
  for (const database of new Set([wanted, 0])) {
    try {
      const answer = await ask(server, "-n", String(database), "SET", SENTINEL, value);
      if (answer === "OK") return { value, details: { sentinelDatabase: database } };
      refusal = answer;
    } catch (error) {
      refusal = (error as Error).message;
    }
  }
  return { details: { sentinelNotWritten: refusal.split("\n").at(-1)!.trim() } };
}

/** The server's clock. */
export async function timeOf(server: RedisServer): Promise<Date> {
  const [seconds, micros] = (await ask(server, "TIME")).split("\n").map(Number);
  return new Date(seconds! * 1000 + Math.floor(micros! / 1000));
}

/** Every difference between what was backed up and what an RDB holds. */
export function differences({ counts, sentinel }: Backup, { keys, sentinels }: RdbSummary): string[] {
  const names = [...new Set([...Object.keys(counts), ...Object.keys(keys)])].sort();
  const wrong = names.flatMap((name) =>
    counts[name] === keys[name]
      ? []
      : [`${name}: ${counts[name] ?? 0} keys were backed up, ${keys[name] ?? 0} came back`],
  );
  if (sentinel !== undefined && !sentinels.includes(sentinel))
    wrong.push("the value written just before the backup is not in it");
  return wrong;
}
