import { readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { descendants } from "../../engines/process";
import { serverUser } from "../../engines/user";
import { holdsWithin, type FaultContext } from "./faults/fault";
import { restic } from "./oracle/tools";
import { SOURCES } from "./plan";
import { REPOSITORIES, type System } from "./system";
import { textOf, type Watch } from "./watch";

/** After the last fault everything must come back to good by itself: each way of telling says so. */
export async function quiet(
  { watch, system, journal }: Pick<FaultContext, "watch" | "system" | "journal">,
  fromMs: number,
  untilMs: number,
): Promise<void> {
  const stale = () =>
    SOURCES.flatMap((source) =>
      REPOSITORIES.filter(
        (repository) =>
          !watch.verified.some((one) => one.at > fromMs && one.source === source && one.repository === repository),
      ).map((repository) => `${source} in ${repository}`),
    );
  const isWell = () => stale().length === 0 && watch.findings()?.length === 0 && system.listener.open().length === 0;
  await holdsWithin(untilMs - Date.now(), isWell);
  if (isWell()) return journal.tell("all-is-well", { afterSeconds: Math.round((Date.now() - fromMs) / 1000) });
  if (stale().length > 0)
    journal.violate("not healed", `no verified backup since the faults ended: ${stale().join(", ")}`);
  for (const { rule, source, reason } of watch.findings() ?? [{ rule: "status", source: "agent", reason: "no answer" }])
    journal.violate("not healed", `status still says ${rule} of ${source}: ${reason}`);
  for (const { rule, source } of system.listener.open())
    journal.violate("not healed", `an alert was not resolved: ${rule} of ${source}`);
}

const TOOLS = ["restic", "pgbackrest", "pg_dump", "pg_restore", "redis-cli"];
/** Folders that the agent makes for a while, by what it names them after. */
const STAGED = /\.\d+\.\d+\.\w{6}$/;
const SOCKETS = /^dr-\w{6}$/;

/** What is there just now, and was not before this run, of things that come and go. What is named by two looks has stayed. */
export async function leftBehind(
  system: System,
  { agentPid }: Pick<Watch, "agentPid">,
  beganMs: number,
): Promise<readonly string[]> {
  const locks = await Promise.all(
    REPOSITORIES.map(async (repository) =>
      (await restic(system, repository, "list", "locks", "--no-lock", "--quiet"))
        .split("\n")
        .filter(Boolean)
        .map((id) => `a lock in ${repository}: ${id}`),
    ),
  );
  const staged = (readdirSync(system.agent, { recursive: true }) as string[])
    .filter((name) => STAGED.test(name))
    .map((name) => `a folder for a while: ${name}`);
  const sockets = readdirSync(tmpdir())
    .filter((name) => SOCKETS.test(name))
    .map((name) => path.join(tmpdir(), name))
    .filter((folder) => {
      const { uid, birthtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? { uid: -1, birthtimeMs: 0 };
      return uid === serverUser().uid && birthtimeMs > beganMs;
    })
    .map((folder) => `a folder for a while: ${folder}`);
  const agent = agentPid();
  const own = new Set(agent === undefined ? [] : descendants(agent));
  const orphans = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && !own.has(Number(name)))
    .filter((name) => TOOLS.includes(textOf(`/proc/${name}/comm`).trim()))
    .filter((name) => `${textOf(`/proc/${name}/cmdline`)}${textOf(`/proc/${name}/environ`)}`.includes(system.region))
    .map((name) => `process ${name}: ${textOf(`/proc/${name}/cmdline`).replaceAll("\0", " ").slice(0, 200)}`);
  return [...locks.flat(), ...staged, ...sockets, ...orphans];
}
