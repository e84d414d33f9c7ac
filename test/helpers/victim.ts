import type { ResticPlace } from "../../agent/repository/restic-command";
import type { PhysicalOptions } from "../../agent/sources/postgresql-physical";
import { takeBackup } from "../../agent/jobs/work";
import { createLog } from "../../agent/log";
import { ResticRepository } from "../../agent/repository/restic";
import { FilesSource, type FilesOptions } from "../../agent/sources/files";
import { PhysicalPostgresql } from "../../agent/sources/postgresql-physical";
import { parsePlan } from "../../plan";
import { text } from "../plan/example";

/** What is backed up into which repository; plain data, to be handed to a process. */
export interface Protection {
  readonly place: ResticPlace;
  readonly files?: FilesOptions;
  readonly physical?: PhysicalOptions;
}

/** Takes one backup as the agent does, read back included. */
export function protect({ place, files, physical }: Protection) {
  const source = files ? new FilesSource(files) : new PhysicalPostgresql(physical!);
  const entry = parsePlan(text(), "plan.yaml").data["orders"]!;
  return takeBackup(
    { source, entry: { ...entry, verify: { ...entry.verify, minSize: 1 } } },
    { type: files ? "full" : "incr", trigger: "manual" },
    new ResticRepository(place),
    { log: createLog({ level: "silent" }), scratchFolder: "", onProgress: () => {} },
  );
}

/** As a process of its own: says that it is ready, waits to be told, and is meant to be killed on the way. */
if (process.env.DR_VICTIM !== undefined) {
  const protection = JSON.parse(process.env.DR_VICTIM) as Protection;
  process.stdin.resume().on("end", () => {
    protect(protection).catch((error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    });
  });
  console.log("ready");
}
