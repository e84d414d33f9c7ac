import { Argument, Command } from "commander";
import type { Part } from "./failover/bench";
import type { Part as ProgramPart } from "./program/bench";

const program = new Command("bench").description(
  "Ratios of performance, side by side in one run. Nothing here is a test: figures depend on the machine.",
);

interface Options {
  readonly json?: boolean;
  readonly size: string;
  readonly repeats: string;
}

const sized = (command: Command) =>
  command
    .option("--json", "one JSON object on standard output, progress on standard error")
    .option("--size <MiB>", "data in the database, half of it incompressible", "1024")
    .option("--repeats <n>", "repeats of each arm, interleaved", "7");

function checked({ json, size, repeats }: Options) {
  const options = { json: json === true, sizeMiB: Number(size), repeats: Number(repeats) };
  if (!Number.isInteger(options.repeats) || options.repeats < 1)
    throw new Error(`--repeats must be a whole number, 1 or more; got ${repeats}`);
  if (!(options.sizeMiB > 0)) throw new Error(`--size must be a number of MiB above 0; got ${size}`);
  return options;
}

const FAILOVER_PARTS = ["loss", "switch", "many", "components"] as const satisfies readonly Part[];
sized(program.command("failover"))
  .description("a lost region, a planned switch, many databases in one plan, components: each against its floor")
  .addArgument(
    new Argument(
      "[parts...]",
      "loss: two `pulumi up`s, and a dump restored; switch: the client's gap; many: 1, 4 and 16 databases; components: the engine's cost of them (default: all)",
    ).argParser((part: string, before: Part[] = []) => {
      const known = FAILOVER_PARTS.find((one) => one === part);
      if (!known) throw new Error(`a part must be ${FAILOVER_PARTS.join(", ")}; got ${part}`);
      return [...before, known];
    }),
  )
  .action(async (parts: readonly Part[], options: Options) => {
    const { benchFailover } = await import("./failover/bench");
    await benchFailover(parts.length > 0 ? parts : FAILOVER_PARTS, checked(options));
  });

program
  .command("startup")
  .description("how long the command line takes to start, beside Node doing nothing")
  .option("--json", "one JSON object on standard output")
  .option("--repeats <n>", "repeats of each arm, interleaved", "21")
  .action(async (options: Omit<Options, "size">) => {
    const { benchStartup } = await import("./startup/bench");
    await benchStartup(checked({ ...options, size: "1" }));
  });

const PROGRAM_PARTS = ["local", "aws", "azure", "types"] as const satisfies readonly ProgramPart[];
program
  .command("program")
  .description("time and memory to load and register a whole site, against its resources written flat; `tsc` beside it")
  .addArgument(new Argument("[parts...]", "platforms, or types (default: all)").choices(PROGRAM_PARTS))
  .option("--json", "one JSON object on standard output, progress on standard error")
  .option("--repeats <n>", "repeats of each arm, interleaved; of types 3 at most", "7")
  .action(async (parts: readonly ProgramPart[], options: Omit<Options, "size">) => {
    const { benchProgram } = await import("./program/bench");
    await benchProgram(parts.length > 0 ? parts : PROGRAM_PARTS, checked({ ...options, size: "1" }));
  });

const PARTS = ["backup", "restore"] as const;
for (const part of PARTS) {
  const other = PARTS.find((one) => one !== part)!;
  sized(program.command(part))
    .description(
      part === "backup"
        ? "the agent's physical backups, full and after changes, against `pg_dump | gzip`"
        : "the agent's restore to the first query, and its proof, against `gunzip | psql`",
    )
    .addArgument(new Argument(`[${other}]`, `${other} too, over the same server`).choices([other]))
    .action(async (also: string | undefined, options: Options) => {
      const { benchBackups } = await import("./run");
      await benchBackups(
        PARTS.filter((one) => one === part || one === also),
        checked(options),
      );
    });
}

program.parseAsync().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
