import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Backup, Source } from "../../agent/contract";
import { takeBackup, type Protected, type Tools } from "../../agent/jobs/work";
import { createLog } from "../../agent/log";
import type { ResticRepository } from "../../agent/repository/restic";
import { FilesSource } from "../../agent/sources/files";
import { parsePlan } from "../../plan";
import { openIn } from "../agent/repository/place";
import { text } from "../plan/example";

/** What the plan says of an entry unless it says otherwise. */
export const entry = parsePlan(text(), "plan.yaml").data["orders"]!;

export const tools = (scratchFolder: string): Tools => ({
  ...{ log: createLog({ level: "silent" }), scratchFolder, onProgress: () => {} },
});

/** One file that is protected, in a repository of its own. */
export interface ProtectedFiles extends Protected {
  readonly source: Source;
  readonly repository: ResticRepository;
  /** Folder of the restic repository. */
  readonly url: string;
  readonly write: (text: string) => void;
  /** Writes the file and backs it up as the agent does. */
  readonly backUp: (text: string) => Promise<Backup>;
}

export async function protectedFiles(folder: string): Promise<ProtectedFiles> {
  const data = path.join(folder, "data");
  mkdirSync(data);
  const source = new FilesSource({ name: "volumes", plan: "shop", site: "prod", engine: "files", paths: [data] });
  const repository = await openIn(folder);
  const of = { source, entry: { ...entry, verify: { ...entry.verify, minSize: 1 } } };
  const write = (text: string) => writeFileSync(path.join(data, "file.txt"), text);
  return {
    ...{ ...of, repository, write, url: path.join(folder, "own/restic") },
    async backUp(text) {
      write(text);
      const request = { type: "full", trigger: "manual" } as const;
      return (await takeBackup(of, request, repository, tools(path.join(folder, "scratch")))).backup;
    },
  };
}
