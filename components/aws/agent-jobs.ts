import type { DataEntry } from "../../plan";
import { scheduleExpressions } from "./schedule";

/** What the agent is started for, and when. */
export interface AgentJob {
  /** Of its schedule. */
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: string;
  /** The agent's arguments. */
  readonly command: readonly string[];
}

/** The jobs of one source: its backups, and their proof. What reads or writes the same repository waits for its lock. */
export function agentJobsOf(
  name: string,
  { backup, verify }: Pick<DataEntry, "backup" | "verify">,
): readonly AgentJob[] {
  const jobs = (work: string, cron: string, timeZone: string) =>
    scheduleExpressions(cron).map((schedule, index): AgentJob => ({
      ...{ name: `${name}-${work}${index === 0 ? "" : `-${index + 1}`}`, schedule, timeZone },
      command: ["--once", work, name],
    }));
  return [
    ...jobs("full", backup.full, backup.timeZone),
    ...jobs("verify", verify.integrity, verify.timeZone),
    ...jobs("prove", verify.restore, verify.timeZone),
  ];
}
