import { Command } from "commander";

const program = new Command("soak").description(
  "The agent protects a plan for a while, a tester breaks what can break, and an oracle outside judges what the agent said.",
);
program
  .option("--minutes <n>", "how long, with the quiet time at the end", "60")
  .option("--seed <text>", "the same seed draws the same faults", String(Date.now()))
  .option("--only <names>", "faults that may be injected, by name with commas between")
  .option("--json", "one JSON object on standard output, progress on standard error")
  .action(async (options: { minutes: string; seed: string; only?: string; json?: boolean }) => {
    const minutes = Number(options.minutes);
    if (!(minutes >= 2)) throw new Error(`--minutes must be a number, 2 or more; got ${options.minutes}`);
    const { soak } = await import("./soak");
    const { renderSummary } = await import("./summary");
    const only = options.only?.split(",");
    const summary = await soak({
      ...{ minutes, seed: options.seed, show: (line) => void process.stderr.write(line) },
      ...(only ? { only } : {}),
    });
    process.stdout.write(options.json === true ? `${JSON.stringify(summary)}\n` : `\n${renderSummary(summary)}`);
    process.exitCode = summary.violations.length === 0 ? 0 : 1;
  });

program
  .parseAsync()
  .catch((error: Error) => {
    process.stderr.write(`soak: ${error.message}\n`);
    process.exitCode = 1;
  })
  // After an interruption writers and faults would go on.
  .finally(() => process.exit());
