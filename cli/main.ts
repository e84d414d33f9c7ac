import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import { addBackupCommands } from "./backup/commands";
import { addEvidenceCommands } from "./evidence/commands";
import { addWatchCommands } from "./watch/commands";

// Each command loads its own code when it is called: on the worst day, `--help` must not wait for a database driver.
const program = new Command("pulumi-dr")
  .description(
    "Disaster recovery as code: check plans, see sites, back up and restore, rehearse disasters and measure what they cost.",
  )
  .version(version)
  .exitOverride()
  .showHelpAfterError();

const plan = program.command("plan").description("work on a plan's file");
plan
  .command("check")
  .description("validate a plan and its objectives; exits 1 on a refusal")
  .argument("<file>", "the plan, YAML")
  .option("--json", "one JSON object on standard output")
  .addHelpText("after", "\nExample:\n  npx pulumi-dr plan check plans/cotai.yaml")
  .action(async (file: string, options: { json?: boolean }) => (await import("./plan-check")).planCheck(file, options));

program
  .command("status")
  .description(
    "sites, roles as the engines say them, lag, live site and epoch; exits 1 unless there is one writer and a second good copy, also if a server hangs: none is waited for longer than 5 s",
  )
  .option("--json", "one JSON object on standard output")
  .addHelpText("after", "\nExample:\n  npx pulumi-dr status --json")
  .action(async (options: { json?: boolean }) => (await import("./status")).status(options));

program
  .command("check")
  .description("judge what an `up` of a stack would do; exits 1 if it would delete or replace what holds data")
  .argument("<stack>", "prod, dr or dns")
  .option(
    "--config <key=value>",
    "a value to try; the stack keeps its own",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .option("--json", "one JSON object on standard output")
  .addHelpText(
    "after",
    "\nExample:\n  npx pulumi-dr check dr --config dr:activation=active --config dr:siteIsLost=prod",
  )
  .action(async (stack: string, options: object) => (await import("./check/command")).check(stack, options));

const confirmed = (command: Command) =>
  command
    .option("--yes", "do not ask first")
    .option("--dry-run", "print the commands that would run, and run none")
    .option("--json", "one JSON object on standard output, everything else on standard error");
confirmed(program.command("failover"))
  .description("move to another site: planned, with nothing lost; or, with --lost, away from one that is gone")
  .option("--lost <site>", "declare this site lost: what had not arrived from it is lost with it")
  .option("--to <site>", "where to (default: the next site of the plan)")
  .option(
    "--recover-from <point>",
    "with --lost: restore from its backups, though there may be a replica: latest, a moment (2026-11-21T17:30:00Z) or a backup's id",
  )
  .addHelpText(
    "after",
    "\nExamples:\n  npx pulumi-dr failover --dry-run\n  npx pulumi-dr failover --lost prod\n  npx pulumi-dr failover --lost prod --recover-from 2026-11-21T17:30:00Z",
  )
  .action(async (options: object) => (await import("./recovery/failover")).failover(options));
confirmed(program.command("failback"))
  .description(
    "make a site that was lost, and is there again, a replica of the live one; a planned failover then moves back",
  )
  .option("--to <site>", "the site that returned (default: the one that is not live)")
  .addHelpText("after", "\nExample:\n  npx pulumi-dr failback && npx pulumi-dr failover")
  .action(async (options: object) => (await import("./recovery/failover")).failback(options));

addBackupCommands(program);

const drill = program
  .command("drill")
  .description("rehearse a disaster with the code of the real recovery, and measure it");
drill
  .command("region-loss")
  .description(
    "lose the live site (kill -9, folder gone), recover by two `pulumi up`s, compare RTO and RPO with the plan",
  )
  .option("--json", "one JSON object on standard output, everything else on standard error")
  .option("--yes", "do not ask before the live site is destroyed")
  .option("--fresh", "first destroy these local sites, data and all, and start from new ones")
  .option("--data <MiB>", "sample data to put in before the loss", "64")
  .option("--writes <seconds>", "how long the client writes before the loss", "3")
  .addHelpText(
    "after",
    "\nExamples:\n  npx pulumi-dr drill region-loss\n  npx pulumi-dr drill region-loss --fresh --yes --json",
  )
  .action(async (options: object) => (await import("./drill/command")).drillRegionLoss(options));

drill
  .command("switchover")
  .description(
    "switch to the other site as planned, and back, under a client's writes: how long it waits, and that nothing is lost",
  )
  .option("--json", "one JSON object on standard output, everything else on standard error")
  .option("--yes", "do not ask before the first switch")
  .option("--writes <seconds>", "how long the client writes before each switch", "3")
  .addHelpText("after", "\nExample:\n  npx pulumi-dr drill switchover")
  .action(async (options: object) => (await import("./drill/switchover")).drillSwitchover(options));

addEvidenceCommands(program);
addWatchCommands(program);

// By name: whoever throws them is loaded later than this.
const EXIT_CODES: Readonly<Record<string, number>> = { UsageError: 2, Interrupted: 130 };

/** 0: as asked. 1: the answer is no (a refusal, an objective missed, a step that failed). 2: the call was wrong. 130: Ctrl-C. */
async function run(): Promise<number> {
  try {
    await program.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`pulumi-dr: ${(error as Error).message}\n`);
    if (process.env.DR_TRACE) process.stderr.write(`${(error as Error).stack}\n`);
    return EXIT_CODES[(error as Error).constructor.name] ?? 1;
  }
}

void run().then((code) => (process.exitCode = code));
