import { Option, type Command } from "commander";
import type { BackupOptions } from "./backup";
import type { BackupsOptions } from "./backups";
import type { RestoreOptions } from "./restore";
import type { RotateOptions } from "./rotate-keys";
import type { VerifyOptions } from "./verify";

/** Adds what works on backups. The code of each is loaded when it is called. */
export function addBackupCommands(program: Command): void {
  withAgent(program.command("backup"))
    .description("take backups now, at every repository, and read each back; exits 0 only if all were")
    .argument("[source...]", "what to back up (default: all that the plan protects)")
    .addOption(
      new Option("--type <type>", "everything, or what changed since the last backup or the last full one")
        .choices(["full", "incr", "diff"])
        .default("full"),
    )
    .option("--description <text>", "why, for whoever reads the list")
    .addHelpText(
      "after",
      '\nExamples:\n  npx pulumi-dr backup\n  npx pulumi-dr backup postgres --type incr --description "before the migration"',
    )
    .action(async (sources: string[], options: BackupOptions) => (await import("./backup")).backup(sources, options));

  withAgent(program.command("backups"))
    .description("list backups, newest first, as the repositories themselves say; exits 1 if one could not be read")
    .argument("[source]", "of this source only")
    .option("--limit <count>", "at most so many", "50")
    .addHelpText("after", "\nExamples:\n  npx pulumi-dr backups\n  npx pulumi-dr backups postgres --json")
    .action(async (source: string | undefined, options: BackupsOptions) =>
      (await import("./backups")).backups(source, options),
    );

  withAgent(program.command("verify"))
    .description(
      "prove backups: restore them into a scratch server, never the source, and compare; exits 0 only if proven",
    )
    .argument("[backup]", "id of a backup, or latest: the newest verified one", "latest")
    .option("--source <source>", "whose latest (default: the latest of each)")
    .addOption(
      new Option("--level <level>", "read it back only, or restore it as well")
        .choices(["read", "restore"])
        .default("restore"),
    )
    .addHelpText("after", "\nExamples:\n  npx pulumi-dr verify\n  npx pulumi-dr verify latest --source postgres")
    .action(async (id: string, options: VerifyOptions) => (await import("./verify")).verify(id, options));

  withAgent(program.command("restore"))
    .description("bring a backup back, into another place or over its source; asks for the target's name first")
    .argument("<backup>", "id of a backup, or latest: the newest verified one")
    .option("--source <source>", "whose latest")
    .option(
      "--to <target>",
      "a folder or a server's address, as the backup needs; env:NAME reads it from the environment",
    )
    .option("--in-place", "over the source itself")
    .option("--time <time>", "come to this moment, such as 2026-11-21T09:00:00Z (physical backups of PostgreSQL)")
    .option("--drop", "replace what is there already")
    .option("--even-if-not-proven", "restore a backup that failed its proof")
    .option("--yes", "do not ask first")
    .addHelpText(
      "after",
      `
Examples:
  npx pulumi-dr restore latest --source volumes --to /srv/restored
  npx pulumi-dr restore latest --source postgres --to /srv/pg --time 2026-11-21T09:00:00Z
  RESTORE_TARGET=mongodb://… npx pulumi-dr restore latest --source mongo --to env:RESTORE_TARGET --drop`,
    )
    .action(async (id: string, options: RestoreOptions) => (await import("./restore")).restore(id, options));

  program
    .command("rotate-keys")
    .description("give every repository a new key; older backups stay readable, the old key opens nothing any more")
    .option("--site <site>", "whose repositories (default: the active one)")
    .option("--status", "only say how old the key is, against the plan; exits 1 if it is due")
    .option("--yes", "do not ask first")
    .option("--json", "one JSON object on standard output, everything else on standard error")
    .addHelpText("after", "\nExamples:\n  npx pulumi-dr rotate-keys --status\n  npx pulumi-dr rotate-keys")
    .action(async (options: RotateOptions) => (await import("./rotate-keys")).rotateKeysCommand(options));
}

const withAgent = (command: Command) =>
  command
    .option("--site <site>", "whose agent (default: the active one's)")
    .option("--agent <url>", "another agent; its token comes from the environment (DR_API_TOKEN)")
    .option("--direct", "in this process, also if an agent runs")
    .option("--json", "one JSON object on standard output, everything else on standard error");
