import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, writeWhole } from "../../engines/files";
import type { Plan } from "../../plan";
import { carryOut } from "../backup/carry-out";
import { BusyError } from "../backup/client";
import { reach } from "../backup/reach";
import type { Progress } from "../progress";
import { readRestores } from "../recovery/restores";

/** Files that a drill has put in: by source, and below the folder that a site keeps the plan's files in. */
export type SampleFiles = Readonly<Record<string, readonly string[]>>;

/** Repositories: the site's own, and the other's. Each gets a backup of its own. */
const BOTH = 2;
const WITHIN_MS = 300_000;
const PAUSE_MS = 500;

/**
 * Puts a small file wherever the plan's files and configuration will be looked for at a site that was never brought up. One
 * that is there is left as it is: what is missing in it is missing, and the agent says so. What the plan names by a full path
 * is this machine's own, and is not touched.
 */
export function putSampleFiles(
  { data, alerts }: Pick<Plan, "data" | "alerts">,
  region: string,
  files: string,
): SampleFiles {
  if (existsSync(region)) return {};
  const put: Record<string, readonly string[]> = {};
  for (const [source, entry] of Object.entries(data)) {
    if (entry.engine !== "files" && entry.engine !== "configuration") continue;
    const names = entry.paths.filter((one) => !path.isAbsolute(one)).map(fileOf);
    for (const name of names) {
      makeFolder(path.dirname(path.join(files, name)));
      writeWhole(
        path.join(files, name),
        contentOf(source, name, Math.max(entry.verify.minSize, alerts.rules.backupSize.below)),
      );
    }
    const isWhole = names.length === entry.paths.length && !("certificates" in entry && entry.certificates);
    if (isWhole && entry.backup.offsite) put[source] = names;
  }
  return put;
}

/** A name with an ending is that of a file, any other that of a folder. */
const fileOf = (one: string) =>
  path.extname(one) === "" && !/^\./.test(path.basename(one)) ? `${one}/sample.txt` : one;
const firstLine = (source: string, name: string) => `A sample of ${source}: ${name}\n`;

/** As large as the plan wants a backup to be, at least: a smaller one is suspicious, and told. */
function contentOf(source: string, name: string, bytes: number): string {
  const line = firstLine(source, name);
  return line.repeat(Math.ceil(bytes / line.length) + 1);
}

/** Waits until the newest state of each source lies, proven, in every repository: what is lost then is the site, not the files. */
export async function untilBackedUp(samples: SampleFiles, site: string): Promise<void> {
  const { client, close } = await reach({ site }, () => {});
  try {
    for (const source of Object.keys(samples))
      await until(`a verified backup of ${source} at both sites`, async () => {
        const { backups } = await client.history({ source, state: "verified" });
        const own = backups.filter(({ inherited }) => !inherited);
        return new Set(own.flatMap(({ repositories }) => repositories)).size >= BOTH;
      });
  } finally {
    await close();
  }
}

/**
 * Brings each source back as a person does: `restore <id> --in-place` of what `failover` names, by the agent of the site that
 * took over. Then compares.
 */
export async function bringBack(
  samples: SampleFiles,
  plan: Plan,
  { from, to }: { readonly from: string; readonly to: string },
  files: string,
  progress: Progress,
): Promise<void> {
  const restores = await readRestores(plan, { from, to });
  const at = await reach({ site: to }, () => {});
  try {
    for (const [source, paths] of Object.entries(samples)) {
      const one = restores.find((restore) => restore.source === source);
      if (!one || !("backup" in one)) throw new Error(`${source}: ${one?.reason ?? "nothing brings it back"}`);
      const name = `bring ${source} back at ${to}: restore ${one.backup}`;
      // The agent may be at a backup of the same source.
      const order = { backupId: one.backup, confirm: source, drop: false };
      const begin = () =>
        until(`${to}'s agent to restore ${source}`, () =>
          at.client.restore(order).catch((error: Error) => {
            if (error instanceof BusyError) return undefined;
            throw error;
          }),
        );
      await carryOut(at, progress, name, begin);
      for (const file of paths)
        if (!readFileSync(path.join(files, file), "utf8").startsWith(firstLine(source, file)))
          throw new Error(`${source} came back at ${to}, and ${file} is not what it was`);
    }
  } finally {
    await at.close();
  }
}

async function until<T>(what: string, look: () => Promise<T | false | undefined>): Promise<T> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await new Promise((r) => setTimeout(r, PAUSE_MS))) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited ${WITHIN_MS / 1000} s in vain for ${what}`);
}
