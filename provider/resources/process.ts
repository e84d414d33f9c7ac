import { copyFileSync } from "node:fs";
import * as path from "node:path";
import { bundlePath } from "../../engines/bundle";
import { makeFolder, own, writeWhole } from "../../engines/files";
import { keptPort } from "../../engines/ports";
import { findKept, spawnKept, stopKept } from "../../engines/process";
import type { Supervised } from "../../engines/supervisor";
import { serverUser } from "../../engines/user";
import { portFailures } from "../port";
import type { Resource } from "../resource";

export interface ProcessInputs {
  /** Folder of the process: its program, configuration and log. */
  readonly folder: string;
  /** Programs of this library, or a command of the plan's. */
  readonly program: "agent" | "role-endpoint" | "command";
  /** Program and arguments; no shell reads it. For `program: command`. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What the process reads at start, from the file that `$DR_CONFIG` names. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly restart: Supervised["restart"];
  readonly address: string;
  readonly portRegistry: string;
  readonly portName: string;
  /** @default - chosen free once, then kept */
  readonly port?: number;
  /** Path that answers 200 when the process is well. */
  readonly health: string;
  /** Whether it shall run: a standby site's processes are declared and stopped. */
  readonly started: boolean;
  /** What `refresh` found.  @default - as `started` */
  readonly running?: boolean;
}

export interface ProcessOutputs extends ProcessInputs {
  readonly port: number;
  readonly url: string;
}

const PROGRAMS = { agent: "agent/main.ts", "role-endpoint": "agent/role-endpoint.ts" } as const;
const HEALTHY_WITHIN_MS = 15_000;

/** A process that is restarted when it dies, and found again by `refresh`. */
export const supervisedProcess: Resource<ProcessInputs, ProcessOutputs> = {
  inputs: [
    ...([
      "folder",
      "program",
      "command",
      "environment",
      "config",
      "restart",
      "address",
      "portRegistry",
      "portName",
    ] as const),
    ...(["port", "health", "started", "running"] as const),
  ],
  replaceOn: ["folder"],

  async check(inputs, old) {
    const port = inputs.port ?? (await keptPort(inputs.portRegistry, inputs.portName));
    const checked = { ...inputs, port, running: inputs.started };
    const isNew = inputs.started && !old && !findKept(pidFile(inputs));
    const failures = isNew ? await portFailures(inputs.address, port, inputs.portRegistry) : [];
    return { inputs: checked, failures };
  },

  hasFallen: (outs, { started }) => started && !findKept(pidFile(outs)),

  async create(inputs) {
    return { id: inputs.folder, outs: await converge(inputs) };
  },

  async read(outs) {
    const running = findKept(pidFile(outs)) !== undefined && (!outs.started || (await isHealthy(outs)));
    return { outs: { ...outs, running }, inputs: { ...outs, running } };
  },

  update: (_old, inputs) => converge(inputs),

  delete: (outs) => stopKept(pidFile(outs)),
};

async function converge(inputs: ProcessInputs): Promise<ProcessOutputs> {
  const { folder, address, started, health, environment = {} } = inputs;
  const outs = { ...inputs, port: inputs.port!, url: `http://${address}:${inputs.port}${health}`, running: started };
  await stopKept(pidFile(inputs));
  if (!started) return outs;

  makeFolder(folder);
  const configFile = path.join(folder, "config.json");
  writeWhole(configFile, JSON.stringify({ ...inputs.config, address, port: inputs.port, health }, null, 2));
  const [command, ...args] = commandOf(inputs);
  const env = { ...environment, DR_CONFIG: configFile, HOST: address, PORT: String(inputs.port) };
  const specification: Supervised = { command: command!, args, cwd: folder, env, restart: inputs.restart };
  const file = path.join(folder, "supervised.json");
  writeWhole(file, JSON.stringify(specification, null, 2));
  const logFile = path.join(folder, "process.log");
  const supervisor = install("engines/supervisor.ts", folder);
  spawnKept({
    command: process.execPath,
    args: [supervisor, file],
    pidFile: pidFile(inputs),
    logFile,
    cwd: folder,
    user: serverUser(),
  });

  for (
    const end = Date.now() + HEALTHY_WITHIN_MS;
    !(await isHealthy(outs));
    await new Promise((r) => setTimeout(r, 20))
  ) {
    if (Date.now() < end && findKept(pidFile(inputs))) continue;
    await stopKept(pidFile(inputs));
    throw new Error(`${outs.url} did not answer 200 within ${HEALTHY_WITHIN_MS / 1000} s; see ${logFile}`);
  }
  return outs;
}

function commandOf({ program, command, folder }: ProcessInputs): readonly string[] {
  return program === "command" ? command! : [process.execPath, install(PROGRAMS[program], folder)];
}

/** Copies a program to the folder that runs it: a site must not need the clone, nor change when it does. */
function install(entry: string, folder: string): string {
  const file = path.join(folder, `${path.basename(entry, ".ts")}.cjs`);
  copyFileSync(bundlePath(entry), file);
  own(file);
  return file;
}

async function isHealthy({ url }: ProcessOutputs): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

const pidFile = ({ folder }: ProcessInputs) => path.join(folder, "pid.json");
