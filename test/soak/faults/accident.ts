import { rmSync } from "node:fs";
import * as path from "node:path";
import { judgeRestored } from "../oracle/judge";
import { claims } from "../oracle/tools";
import { UPLOADS } from "../plan";
import { REPOSITORIES, type System } from "../system";
import { treeOf } from "../writers/files";
import { holdsWithin, pause, type Fault } from "./fault";

/** A user deletes all files, and has them back by the agent's API. */
export const deleteFiles: Fault = {
  name: "delete-files",
  lane: "repository",
  async inject(context) {
    const { system, ledgers, journal } = context;
    const { uploads } = ledgers;
    await uploads.pause();
    const beganMs = Date.now();
    rmSync(path.join(system.files, UPLOADS), { recursive: true });
    await uploads.adopt(UPLOADS, beganMs);
    return {
      what: UPLOADS,
      tells: ({ text }) => text.includes(UPLOADS) && /not there|ENOENT|filesUnavailable|cannot be read/.test(text),
      mustTell: true,
      lasts: 20,
      async heal() {
        const restoring = Date.now();
        const id = await restoreLatest(system, "uploads");
        const known = await Promise.all(REPOSITORIES.map((repository) => claims(system, repository)));
        const claim = known.flat().find((one) => one.id === id);
        if (!claim) throw new Error(`no repository names ${id}, which was restored`);
        const before = uploads.changes.filter(({ doneMs }) => doneMs < beganMs);
        const { compared, wrong } = judgeRestored(before, await uploadsIn(system), claim);
        journal.tell("files-are-back", { id, compared });
        if (wrong.length > 0) journal.violate("lost", `${id} was restored by the API\n  ${wrong.join("\n  ")}`);
        await uploads.adopt(UPLOADS, restoring);
        uploads.resume();
      },
      proof: [{ source: "uploads", repository: "own" }],
    };
  },
};

const uploadsIn = async ({ files }: System) =>
  new Map([...(await treeOf(files))].filter(([name]) => name.startsWith(`${UPLOADS}/`)));

const LONGEST_MS = 600_000;
const PATIENCE_MS = 2_000;

/** Restores the newest proven backup of a source over it, as a person does by the API; answers the backup's id. */
async function restoreLatest(system: System, source: string): Promise<string> {
  let last = "";
  let job: Job | undefined;
  const ask = async (method: "GET" | "POST", place: string, body?: object) => {
    const response = await fetch(`${system.agentUrl}${place}`, {
      method,
      headers: { authorization: `Bearer ${system.token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(20_000),
    });
    last = await response.text();
    return { status: response.status, answer: JSON.parse(last) as Job };
  };
  const api = "/api/v1/system/backup/restore";
  // The source may be busy, and the agent may be killed in the middle of it: whoever wants his files asks again.
  const isDone = await holdsWithin(LONGEST_MS, async () => {
    if (last !== "") await pause(PATIENCE_MS);
    try {
      if (job?.state === "succeeded") return true;
      if (job && job.state !== "failed") {
        const { status, answer } = await ask("GET", job.href);
        job = status === 200 ? answer : undefined;
        return false;
      }
      const { status, answer } = await ask("POST", api, { backupId: "latest", source, confirm: source });
      job = status === 202 ? answer : undefined;
    } catch (error) {
      last = (error as Error).message;
    }
    return false;
  });
  if (!isDone) throw new Error(`${source} could not be restored: ${last}`);
  return job!.backups![0]!;
}

interface Job {
  readonly state: "queued" | "running" | "succeeded" | "failed";
  readonly href: string;
  readonly backups?: readonly string[];
}
