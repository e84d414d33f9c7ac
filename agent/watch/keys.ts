import type { Measurement } from "../alerts/rules";
import type { AgentConfig } from "../config";
import { keyAge, type KeyAge } from "../repository/key-age";

/** How old the repositories' keys are, and how old they may be. Before the first backup there are none to rotate. */
export function keysWatch(
  { site, keysFolder, keyRotation }: Pick<AgentConfig, "site" | "keysFolder" | "keyRotation">,
  now = new Date(),
): readonly Measurement[] {
  const age = keyAge(keysFolder, now);
  return age && keyRotation !== undefined ? [measured(site, age, keyRotation)] : [];
}

/** One that was begun and not finished is due at once, however new its keys are: two of them open everything. */
const measured = (site: string, { seconds, isInterrupted }: KeyAge, keyRotation: number): Measurement => ({
  ...{ rule: "keyAge", source: site, value: seconds, above: isInterrupted ? 0 : keyRotation },
  reason: isInterrupted
    ? "a rotation was begun and not finished; npx pulumi-dr rotate-keys goes on with it"
    : "npx pulumi-dr rotate-keys replaces them; old backups stay readable",
});
