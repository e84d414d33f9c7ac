import type { Command } from "commander";

/** Adds `evidence` and `evidence verify` to the command line. */
export function addEvidenceCommands(program: Command): void {
  const evidence = program
    .command("evidence")
    .description("what was done, when, by whom and with what result: hash-chained, with a copy at each site")
    .addHelpText("after", "\nExamples:\n  npx pulumi-dr evidence\n  npx pulumi-dr evidence verify --head <hash>");
  evidence
    .command("list", { isDefault: true })
    .description("every command that changed something")
    .option("--json", "one JSON object on standard output")
    .action(async (options: object) => (await import("./command")).listEvidence(options));
  evidence
    .command("verify")
    .description("prove every record's hash and link, and compare the copies; exits 1 on a doubt")
    .option("--head <hash>", "a hash that was printed and kept elsewhere: the log must still lead to it")
    .option("--json", "one JSON object on standard output")
    .action(async (options: object) => (await import("./command")).verifyEvidence(options));
}
