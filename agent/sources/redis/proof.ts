import { run } from "../../../engines/run";
import type { Backup, Verdict } from "../../contract";
import { ScratchError, startScratch, untilReady } from "../scratch-server";
import { ask, info, keysOf, type RedisServer } from "./client";
import { SENTINEL, type RdbSummary } from "./rdb";

/** Loading is as fast as memory; this is for a server that hangs. */
const LOADING_MS = 30 * 60_000;

type Proof = Pick<Verdict, "level" | "verified" | "reasons">;

/** Has a server of its own load the RDB in a folder and asks it what it holds. `readAgain` counts the keys in the file. */
export async function proveInScratch(
  { counts, sentinel, serverVersion, details }: Backup,
  folder: string,
  readAgain: (endingBefore: number) => Promise<RdbSummary>,
): Promise<Proof> {
  const version = await installedVersion();
  const readOnly = (why: string): Proof => ({ level: "read", verified: true, reasons: [`read back only: ${why}`] });
  if (version === undefined) return readOnly("this machine has no redis-server to restore into");
  if (isOlder(version, serverVersion))
    return readOnly(`redis-server ${version} of this machine is older than ${serverVersion}`);
  const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dbfilename", "dump.rdb"];
  const databases = String(Math.max(16, ...Object.keys(counts).map((name) => Number(name.slice(2)) + 1)));
  const server = await startScratch(
    ["redis-server", "--port", "{port}", "--dir", "{folder}", "--databases", databases, ...settings],
    folder,
  );
  const scratch: RedisServer = { host: "127.0.0.1", port: server.port };
  try {
    const ready = async () => {
      if ((await info(scratch, "persistence")).loading !== "0") throw new Error("it is still loading");
    };
    await untilReady(server, ready, LOADING_MS);
    const held = await keysOf(scratch);
    // A key whose time ended meanwhile may be gone, and none else.
    const { ending } = await readAgain(Date.now());
    const reasons = Object.keys({ ...counts, ...held }).flatMap((name) => {
      const [were, are] = [counts[name] ?? 0, held[name] ?? 0];
      return are <= were && are >= were - (ending[name] ?? 0)
        ? []
        : [`${name}: ${were} keys were backed up, ${are} were loaded`];
    });
    const database = Number(details.sentinelDatabase ?? 0);
    if (sentinel !== undefined && (await ask(scratch, "-n", String(database), "GET", SENTINEL)) !== sentinel)
      reasons.push("the value written just before the backup is not in the server");
    return { level: "restore", verified: reasons.length === 0, reasons };
  } catch (error) {
    // The file was read and is whole: a server that does not take it cannot be told from one that does not start.
    if (error instanceof ScratchError) return { level: "restore", verified: false, reasons: [error.message] };
    throw error;
  } finally {
    await server.stop();
  }
}

const installedVersion = () =>
  run("redis-server", ["--version"]).then(
    (text) => /v=(\d+\.\d+\.\d+)/.exec(text)?.[1],
    () => undefined,
  );

/** Whether a release is older than another, by its first two numbers: the format of an RDB changes with those. */
export function isOlder(version: string, than: string | undefined): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = (than ?? "0").split(".").map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
