import type { Progress } from "../progress";
import { asTyped, pulumi, warningsIn, type PulumiCommand } from "../pulumi";
import type { RecoveryStep } from "./steps";

/** Takes the steps in order, as a person would; each is told as it begins and ends. Answers what `up` warned of. */
export async function takeSteps(
  folder: string,
  steps: readonly RecoveryStep[],
  progress: Progress,
): Promise<readonly string[]> {
  const warned: string[] = [];
  for (const step of steps) {
    if ("command" in step) {
      const { name, command } = step;
      const printed = await progress.step(`${name} (pulumi ${command.verb})`, () => pulumi(folder, command));
      for (const warning of warningsIn(printed)) progress.say(`            ${warning}`);
      warned.push(...warningsIn(printed));
    } else await progress.step(step.name, () => handOverTokens(folder, step.tokens.from, step.tokens.to));
  }
  return warned;
}

async function handOverTokens(folder: string, from: string, to: string): Promise<void> {
  const tokens = JSON.parse(await pulumi(folder, tokensOf(from))) as Record<string, string | undefined>;
  for (const [database, token] of Object.entries(tokens))
    if (!token) throw new Error(`${from} gave no demotion token for ${database}; is it on standby?`);
  await pulumi(folder, setTokens(to, tokens));
}

const tokensOf = (site: string): PulumiCommand => ({
  verb: "stack",
  stack: site,
  args: ["output", "demotionTokens", "--json"],
});
/** All of them by one command: clients wait meanwhile. */
const setTokens = (site: string, tokens: Readonly<Record<string, string | undefined>>): PulumiCommand => ({
  verb: "config",
  stack: site,
  args: [
    ...["set-all", "--path"],
    ...Object.entries(tokens).flatMap(([database, token]) => ["--plaintext", `dr:demotionTokens.${database}=${token}`]),
  ],
});

/** The steps as lines for a shell. */
export const stepsAsTyped = (steps: readonly RecoveryStep[], databases: readonly string[]): readonly string[] =>
  steps.flatMap((step) => {
    if ("command" in step) return [asTyped(step.command)];
    const { from, to } = step.tokens;
    const tokens = Object.fromEntries(databases.map((database) => [database, "<token>"]));
    return [asTyped(tokensOf(from)), asTyped(setTokens(to, tokens))];
  });
