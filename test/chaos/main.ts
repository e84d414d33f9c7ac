import { Command } from "commander";

const program = new Command("chaos").description(
  "Fails over, fails back and breaks things at random while a client writes, and compares what is there with what was told.",
);
program
  .option("--runs <n>", "how many runs; some 30 to 60 s each", "10")
  .option("--seed <n>", "a whole number: the seed of the first run; each next one has the next number")
  .option("--acts <n>", "acts of a run, at most: 2 or more; another draw than without it", "4")
  .option("--only <names>", "acts that may be drawn, by name with commas between; another draw than without it")
  .option("--keep", "keep the sites' folders though nothing was violated")
  .option("--json", "one JSON object on standard output, progress on standard error")
  .addHelpText(
    "after",
    "\nExamples:\n  npm run chaos -- --runs 200 --seed 1\n  npm run chaos -- --runs 1 --seed 37 --keep",
  )
  .action(
    async (options: { runs: string; seed?: string; acts: string; only?: string; keep?: boolean; json?: boolean }) => {
      const runs = wholeNumber("--runs", options.runs, 1);
      const most = wholeNumber("--acts", options.acts, 2);
      const seed = options.seed === undefined ? Date.now() % 1_000_000 : wholeNumber("--seed", options.seed, 0);
      const { chaos } = await import("./chaos");
      const { renderSummary } = await import("./summary");
      const show = (line: string) => void process.stderr.write(line);
      const only = options.only?.split(",");
      const summary = await chaos({ runs, seed, most, keep: options.keep === true, show, ...(only ? { only } : {}) });
      process.stdout.write(options.json === true ? `${JSON.stringify(summary)}\n` : `\n${renderSummary(summary)}`);
      process.exitCode = summary.violations.length === 0 ? 0 : 1;
    },
  );

function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least) return number;
  throw new Error(`${option} must be a whole number, ${least} or more; got ${text}`);
}

program
  .parseAsync()
  .catch((error: Error) => {
    process.stderr.write(`chaos: ${error.message}\n`);
    process.exitCode = 1;
  })
  // After an interruption client and probe would go on.
  .finally(() => process.exit());
