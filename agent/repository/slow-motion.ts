import type { ChildProcess } from "node:child_process";

const RUN_MS = 10;
const REST_MS = 90;

/**
 * Lets a process run a tenth of the time, until it ends.
 *
 * When restic makes a key it finds out how much work this machine does in half a second, and asks for that much each time
 * the key is used, so that nobody can try passwords. Ours is 256 random bits, which nobody finds by trying; and the agent
 * uses it some ten times for each backup. A slow machine gets a key that costs a tenth. (docs/decisions/0006)
 */
export function inSlowMotion(child: ChildProcess): void {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    isOver = true;
    clearTimeout(timer);
  };
  child.once("exit", end);
  child.once("error", end);
  const rest = () => {
    if (isOver) return;
    child.kill("SIGSTOP");
    timer = setTimeout(run, REST_MS);
  };
  const run = () => {
    child.kill("SIGCONT");
    timer = setTimeout(rest, RUN_MS);
  };
  run();
}
