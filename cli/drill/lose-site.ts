import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { descendants } from "../../engines/process";

/**
 * Loses a local site as a region is lost: every process of it dies by SIGKILL, and everything that it had is gone.
 * Answers the time just before the first process died.
 */
export function loseSite(region: string): number {
  const lostAt = killSite(region);
  if (existsSync(region)) {
    const gone = `${region}.lost-${lostAt}`;
    renameSync(region, gone); // lost in one moment, as a region is; the disk is cleared meanwhile
    spawn("rm", ["-rf", gone], { detached: true, stdio: "ignore" }).unref();
  }
  return lostAt;
}

/** Kills every process of a site at once; its data stays. Answers the time just before the first process died. */
export function killSite(region: string): number {
  const roots = processesOf(region);
  const all = new Set([...roots, ...roots.flatMap(descendants)]);
  const killedAt = Date.now();
  for (const pid of all) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it went with its parent
    }
  }
  return killedAt;
}

/** Processes that were started with a path below `region` among their arguments. */
export function processesOf(region: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, "utf8")
          .split("\0")
          .some((word) => word.startsWith(`${region}/`));
      } catch {
        return false;
      }
    })
    .map(Number);
}
