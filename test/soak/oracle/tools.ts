import { inflateRawSync } from "node:zlib";
import * as path from "node:path";
import { run } from "../../../engines/run";
import { serverUser } from "../../../engines/user";
import type { RepositoryName, System } from "../system";

/** What the agent says of a backup in a repository: its own words there, read without it. */
export interface Claim {
  readonly id: string;
  readonly source: string;
  readonly type: "full" | "incr" | "diff";
  readonly startedAt: string;
  readonly endedAt: string;
  readonly locator: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly isVerified: boolean;
}

const LONG_MS = 120_000;

/** restic on one repository, with the plan's key and nothing else. It waits while the agent has the repository to itself, as a person would. */
export async function restic(system: System, repository: RepositoryName, ...args: string[]): Promise<string> {
  const options = {
    user: serverUser(),
    cwd: "/",
    timeoutMs: LONG_MS,
    env: {
      RESTIC_REPOSITORY: path.join(system.bucket[repository], "restic"),
      RESTIC_PASSWORD_FILE: path.join(system.keysFolder, "restic.key"),
    },
  };
  for (const end = Date.now() + LONG_MS; ; await new Promise((r) => setTimeout(r, 500))) {
    try {
      return await run("restic", [...args, "--no-cache"], options);
    } catch (error) {
      if (Date.now() > end || !/repository is already locked/.test((error as Error).message)) throw error;
    }
  }
}

/** Every backup that a repository names, oldest first. */
export async function claims(system: System, repository: RepositoryName): Promise<readonly Claim[]> {
  const listed = await restic(system, repository, "snapshots", "--json", "--no-lock");
  const snapshots = (JSON.parse(listed || "[]") as { tags?: string[] }[] | null) ?? [];
  const documents = snapshots.flatMap(({ tags = [] }) => {
    const pieces = tags
      .filter((tag) => /^document\d+=/.test(tag))
      .sort((a, b) => parseInt(a.slice(8)) - parseInt(b.slice(8)));
    if (pieces.length === 0) return [];
    const packed = pieces.map((piece) => piece.slice(piece.indexOf("=") + 1)).join("");
    return [JSON.parse(inflateRawSync(Buffer.from(packed, "base64url")).toString()) as Claim & Verdict];
  });
  const verdicts = documents.filter(({ verified }) => verified !== undefined);
  const newest = new Map(verdicts.sort((a, b) => (a.at < b.at ? -1 : 1)).map((verdict) => [verdict.backup, verdict]));
  const backups = new Map(documents.filter(({ id }) => id !== undefined).map((backup) => [backup.id, backup]));
  return [...backups.values()]
    .map((backup) => ({ ...backup, isVerified: newest.get(backup.id)?.verified ?? false }))
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
}

interface Verdict {
  readonly backup: string;
  readonly verified: boolean;
  readonly at: string;
}
