import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { makeFolder, own } from "../../../engines/files";
import { bareEnvironment, owner, run } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import { checksumOf, type Item } from "../ledger";
import type { RepositoryName, System } from "../system";
import { PREFIX } from "../writers/redis";
import type { Claim } from "./tools";

const READY_MS = 20_000;

/** The keys of a backup: its RDB opened by a Redis of its own. */
export async function keysOf(
  system: System,
  repository: RepositoryName,
  claim: Claim,
  folder: string,
): Promise<readonly Pick<Item, "n" | "checksum">[]> {
  makeFolder(folder);
  await fetchInto(path.join(folder, "dump.rdb"), system, repository, claim);
  const socket = path.join(folder, "s");
  const server = spawn(...(["setpriv", ["--pdeathsig", "KILL", "--", "redis-server", "-"]] as const), {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ["pipe", "ignore", "ignore"],
    ...owner(serverUser()),
  });
  const ended = new Promise((resolve) => server.on("close", resolve));
  server.stdin.end(`port 0\nunixsocket ${socket}\ndir ${folder}\nsave ""\nappendonly no\n`);
  const ask = (input: string) => run("redis-cli", ["-s", socket, "--raw"], { input, timeoutMs: READY_MS });
  try {
    for (const end = Date.now() + READY_MS; ; await new Promise((r) => setTimeout(r, 100))) {
      const answer = await ask("PING\n").catch((error: Error) => error.message);
      if (answer.trim() === "PONG") break;
      if (server.exitCode !== null) throw new Error(`Redis does not take the RDB of ${claim.id}`);
      if (Date.now() > end) throw new Error(`Redis with the RDB of ${claim.id} does not answer: ${answer}`);
    }
    const names = (await ask(`KEYS ${PREFIX}*\n`)).split("\n").filter(Boolean);
    const bodies = names.length === 0 ? [] : (await ask(`MGET ${names.join(" ")}\n`)).split("\n");
    return names.map((name, at) => ({ n: Number(name.slice(PREFIX.length)), checksum: checksumOf(bodies[at] ?? "") }));
  } finally {
    server.kill("SIGKILL");
    await ended;
  }
}

async function fetchInto(file: string, system: System, repository: RepositoryName, claim: Claim): Promise<void> {
  const restic = spawn("restic", ["dump", "--no-cache", claim.locator, "/dump.rdb"], {
    env: bareEnvironment({
      RESTIC_REPOSITORY: path.join(system.bucket[repository], "restic"),
      RESTIC_PASSWORD_FILE: path.join(system.keysFolder, "restic.key"),
    }),
    stdio: ["ignore", "pipe", "pipe"],
    ...owner(serverUser()),
  });
  let said = "";
  restic.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise((resolve) => restic.on("close", resolve));
  await pipeline(restic.stdout, createWriteStream(file));
  if ((await ended) !== 0) throw new Error(`restic dump ${claim.locator}: ${said}`);
  own(file);
}
