import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { AgentConfig } from "../../agent/config";
import { bundlePath } from "../../engines/bundle";
import { keptPort } from "../../engines/ports";
import { parsePlan } from "../../plan";
import { text, type Written } from "../plan/example";

export const TOKEN = "token-of-the-api-canary-0123456789";

/** A plan of one folder of files. */
const filesOnly = (plan: Written) => {
  const never = "0 0 1 1 *";
  plan.data = {
    volumes: {
      ...{ engine: "files", paths: ["uploads"], backup: { full: "0 2 * * *" } },
      verify: { integrity: never, restore: never, minSize: "1 B" },
    },
  };
  plan.services = { web: { port: 8000 } };
  // This machine's own state is no matter of the tests.
  const off = Object.fromEntries(
    ["cpu", "memory", "disk", "backupSpace", "backupSize"].map((name) => [name, { enabled: false }]),
  );
  plan["alerts"] = { rules: off };
};

/** The configuration of an agent in a folder, with its bucket, its secrets and a file that it protects. */
export async function configIn(
  folder: (...parts: string[]) => string,
  change: (plan: Written) => void = () => {},
  more: Partial<AgentConfig> = {},
): Promise<AgentConfig> {
  const plan = parsePlan(
    text((written) => {
      filesOnly(written);
      change(written);
    }),
    "plan.yaml",
  );
  for (const one of ["bucket", "secrets", "files/uploads"]) mkdirSync(folder(one), { recursive: true });
  writeFileSync(folder("files/uploads/letter.txt"), "content-canary of a letter\n".repeat(100));
  writeFileSync(folder("secrets/DR_API_TOKEN"), `${TOKEN}\n`);
  return {
    ...{ plan: plan.name, site: "prod", folder: folder("agent"), keysFolder: folder("keys") },
    ...{ secretsFolder: folder("secrets"), address: "127.0.0.1", port: await keptPort(folder("ports.json"), "agent") },
    ...{ health: "/healthz", repositories: [{ name: "own", bucket: folder("bucket") }] },
    ...{ api: plan.api, alerts: plan.alerts, people: plan.people, services: [] },
    sources: Object.entries(plan.data).map(([name, entry]) => ({ name, entry, root: folder("files") })),
    ...more,
  };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** An agent as a site runs it: the bundle, in a process of its own. */
export interface RunningAgent {
  readonly child: ChildProcess;
  /** What it has printed. */
  readonly output: () => string;
  readonly ask: (method: "GET" | "POST", path: string, body?: object, token?: string) => Promise<Answer>;
  /** Asks for a backup once nothing is in the way, and answers the job's number. */
  readonly begin: () => Promise<string>;
  readonly job: (id: string) => Promise<Record<string, unknown>>;
  /** Follows a job to its end. */
  readonly followed: (id: string) => Promise<Record<string, unknown>>;
  /** How it ended: exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Not more often than an agent lets itself be asked: 300 times a minute. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 250));

const LONGEST_MS = 200_000;

/** Waits until something is so. It ends by itself, so that a test that fails does not go on for ever. */
type Found<T> = T | false | undefined;

export async function until<T>(look: () => Found<T> | Promise<Found<T>>): Promise<T> {
  for (const end = Date.now() + LONGEST_MS; Date.now() < end; await pause()) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`waited ${LONGEST_MS / 1000} s in vain for: ${look.toString()}`);
}

const started = new Set<ChildProcess>();

export async function startAgent(
  config: AgentConfig,
  folder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningAgent> {
  const file = path.join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [bundlePath("agent/main.ts")], {
    env: { ...process.env, DR_CONFIG: file, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on("close", (code, signal) => (started.delete(child), resolve(code ?? signal))),
  );
  const ask: RunningAgent["ask"] = async (method, where, body, token = TOKEN) => {
    const headers = {
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { "content-type": "application/json" } : {}),
    };
    const url = `http://${config.address}:${config.port}${where}`;
    const response = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const said = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      ...{ status: response.status, text: said },
      json: isJson ? (JSON.parse(said) as Record<string, unknown>) : {},
    };
  };
  const job = async (id: string) => (await ask("GET", `/api/v1/system/jobs/${id}`)).json;
  const agent: RunningAgent = {
    ...{ child, ask, job, ended, output: () => output },
    async begin() {
      const { json } = await until(async () => {
        const answer = await ask("POST", "/api/v1/system/backup", { type: "full" });
        if (answer.status !== 409) return answer;
        await agent.followed(answer.json["job"] as string);
        return undefined;
      });
      return json["id"] as string;
    },
    followed: (id) =>
      until(async () => {
        const now = await job(id);
        return (now["state"] === "succeeded" || now["state"] === "failed") && now;
      }),
  };
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}\n${output}`);
    return ask("GET", config.health).then(
      ({ status }) => status === 200,
      () => false,
    );
  });
  return agent;
}

/** To be called after each test. */
export async function endAgents(): Promise<void> {
  await Promise.all(
    [...started].map((child) => {
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill("SIGKILL");
      return ended;
    }),
  );
}
