import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { AgentConfig } from "../../../agent/config";
import { commonsOf, placeOf } from "../../../components/local/place";
import { bundlePath } from "../../../engines/bundle";
import { makeFolder, own } from "../../../engines/files";
import { keptPort } from "../../../engines/ports";
import { parsePlan } from "../../../plan";
import { protectedPostgres, type ProtectedPostgres } from "../../helpers/protected-postgres";
import { until } from "../../helpers/workspace";
import { text } from "../../plan/example";

const project = path.join(__dirname, "../../..");

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project whose site has a PostgreSQL server and a folder that are protected, and an agent's configuration. */
export interface ProtectedSite {
  readonly postgres: ProtectedPostgres;
  /** The folder that is protected. */
  readonly uploads: string;
  /** A folder that the servers' user may write to. */
  readonly scratch: string;
  /** The real command in the project's folder; nobody is there to confirm. */
  readonly dr: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Said>;
  /** The same, still running. */
  readonly begin: (
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ) => { readonly child: ChildProcess; readonly said: Promise<Said> };
  readonly startAgent: () => Promise<string>;
  readonly stopAgent: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

export async function protectedSite(): Promise<ProtectedSite> {
  const postgres = await protectedPostgres("orders");
  const folder = mkdtempSync(path.join(tmpdir(), "dr-cli-"));
  chmodSync(folder, 0o755); // the servers' user must reach what is below
  const at = (...parts: string[]) => path.join(folder, ...parts);
  const written = text((plan) => {
    plan.data.volumes = { engine: "files", paths: ["uploads"], backup: { full: "0 3 * * *" } };
  });
  writeFileSync(at("plan.yaml"), written);
  writeFileSync(at("Pulumi.yaml"), "name: dr\n");
  for (const [stack, value] of [
    ["prod", "active"],
    ["dr", "standby"],
    ["dns", ""],
  ] as const)
    writeFileSync(
      at(`Pulumi.${stack}.yaml`),
      `config:\n  dr:plan: plan.yaml\n  dr:platform: local\n  dr:root: ${at("sites")}\n${value && `  dr:activation: ${value}\n`}`,
    );

  const plan = parsePlan(written, "plan.yaml");
  const of = { location: at("sites"), plan: plan.name, all: ["prod", "dr"] };
  const { region } = placeOf(of, "prod");
  const { secretsFolder } = commonsOf(of);
  const root = path.join(region, "files");
  const uploads = path.join(root, "uploads");
  const scratch = at("scratch");
  for (const one of [region, uploads, scratch]) makeFolder(one);
  const { endpoint, stanza } = postgres.options;
  const { name, ...places } = stanza;
  const config: AgentConfig = {
    ...{ plan: plan.name, site: "prod", folder: path.join(region, "agent"), secretsFolder, services: [] },
    ...{ keysFolder: endpoint.keysFolder, health: "/healthz", api: plan.api, alerts: plan.alerts, people: plan.people },
    ...{ address: "127.0.0.1", port: await keptPort(commonsOf(of).portRegistry, "agent") },
    repositories: ["own", "dr"].map((one) => ({ name: one, bucket: postgres.bucket(one) })),
    sources: [
      {
        name: "orders",
        entry: plan.data["orders"]!,
        postgresql: { endpoint, ...places, passFile: places.passFile!, stanza: name },
      },
      { name: "volumes", entry: plan.data["volumes"]!, root },
    ],
  };
  makeFolder(config.folder);
  const file = path.join(config.folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  own(file);

  const begin = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [path.join(project, "bin/pulumi-dr"), ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const said = new Promise<Said>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
    return { child, said };
  };

  let agent: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | undefined;
  const stopAgent = async () => {
    agent?.child.kill("SIGTERM");
    await agent?.ended;
    agent = undefined;
  };
  return {
    ...{ postgres, uploads, scratch, begin, stopAgent },
    dr: (args, env) => begin(args, env).said,
    async startAgent() {
      const url = `http://${config.address}:${config.port}`;
      const child = spawn(process.execPath, [bundlePath("agent/main.ts")], {
        env: { ...process.env, DR_CONFIG: file },
        stdio: "ignore",
      });
      agent = { child, ended: new Promise((resolve) => child.on("exit", resolve)) };
      const answers = () => fetch(`${url}/readyz`).then(() => true).catch(() => false); // prettier-ignore
      await until("the agent answers", answers, 60_000);
      return url;
    },
    async remove() {
      await stopAgent();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
