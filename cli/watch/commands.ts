import type { Command } from "commander";

/** Adds `watch` and `witness` to the command line. */
export function addWatchCommands(program: Command): void {
  program
    .command("watch")
    .description(
      "look at the live site until SIGTERM: alert when it is lost, and fail over by itself only where the plan allows it",
    )
    .option("--once", "look once and do nothing; exits 1 unless the site is well")
    .option("--every <duration>", "time between two looks", "5s")
    .option("--json", "one JSON object a line on standard output, everything else on standard error")
    .addHelpText("after", "\nExamples:\n  npx pulumi-dr watch\n  npx pulumi-dr watch --once --json")
    .action(async (options: object) => (await import("./command")).watch(options));
  program
    .command("witness")
    .description("tell watches what is seen of the sites from here: a third place, that no loss of a site takes along")
    .requiredOption("--listen <host:port>", "where to answer")
    .addHelpText("after", "\nExample:\n  npx pulumi-dr witness --listen 0.0.0.0:8901")
    .action(async (options: { listen: string }) => (await import("./witness-command")).witness(options));
}
