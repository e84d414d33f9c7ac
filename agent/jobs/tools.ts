import { descendants } from "../../engines/process";

/** How long a tool may take to clear up after itself. */
const GRACE_MS = 1_500;
/** How long the work may take to clear up after its tools. */
const CLEAR_MS = 1_500;

/** Ends the tools that this process runs, so that the work which waits for them ends; returns when it has, or soon after. */
export async function endTools(workEnded: Promise<void>): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGTERM", GRACE_MS],
    ["SIGKILL", CLEAR_MS],
  ] as const) {
    for (const pid of descendants(process.pid)) {
      try {
        process.kill(pid, signal);
      } catch {
        // ended by itself
      }
    }
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), patienceMs)));
    const isOver = await Promise.race([workEnded.then(() => true), patience]);
    clearTimeout(timer);
    if (isOver) return;
  }
}
