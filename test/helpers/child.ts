import { spawn } from "node:child_process";
import * as path from "node:path";

const project = path.join(__dirname, "../..");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Node process of its own that runs TypeScript, from the project's root. */
export interface Child {
  readonly pid: number;
  /** Until it has printed `ready`. */
  readonly ready: Promise<void>;
  /** Closes its standard input: what it waits for, if it waits. */
  readonly go: () => void;
  readonly ended: Promise<Ended>;
}

/** Starts a program of the project with arguments, or a piece of code. */
export function startChild(program: string | readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const what = typeof program === "string" ? ["-e", program] : program;
  const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", ...what], {
    cwd: project,
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes("ready\n")) resolve();
    });
    void ended.then(() => reject(new Error(`the child ended before it was ready: ${stderr}`)));
  });
  ready.catch(() => {}); // for those who never wait for it
  return { pid: child.pid!, ready, go: () => child.stdin.end(), ended };
}

/** What several processes print when all begin the same work at the same moment. */
export async function atOnce(count: number, modules: string, work: string): Promise<readonly string[]> {
  const code = `${modules}; process.stdin.resume().on("end", async () => process.stdout.write(String(await (async () => ${work})()))); console.log("ready")`;
  const children = Array.from({ length: count }, () => startChild(code));
  await Promise.all(children.map(({ ready }) => ready));
  for (const { go } of children) go();
  const all = await Promise.all(children.map(({ ended }) => ended));
  return all.map(({ code: exit, stdout, stderr }) => (exit === 0 ? stdout.replace("ready\n", "") : stderr));
}
