import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { ended, identify, type ProcessId } from "../../engines/process";
import { bareEnvironment, owner } from "../../engines/run";
import { serverUser } from "../../engines/user";

/** A scratch server that did not come up: no word on what was to be restored into it. */
export class ScratchError extends Error {}

/** A server of our own to restore into: on this machine only, without privileges, gone with us. */
export interface ScratchServer {
  readonly port: number;
  readonly pid: number | undefined;
  /** Throws, with the last words that it printed, if it does not run any more. */
  readonly refuseIfEnded: () => void;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a command on a free loopback port; `{port}` and `{folder}` in its arguments stand for both. The kernel ends it
 * with this process, also after a `kill -9`.
 */
export async function startScratch(
  [program, ...args]: readonly [string, ...string[]],
  folder: string,
): Promise<ScratchServer> {
  const port = await freePort();
  const filled = args.map((arg) => arg.replaceAll("{port}", String(port)).replaceAll("{folder}", folder));
  const bound = process.platform === "linux" ? ["setpriv", "--pdeathsig", "KILL", "--", program] : [program];
  const child = spawn(bound[0]!, [...bound.slice(1), ...filled], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    ...owner(serverUser()),
  });
  let said = "";
  let failure: string | undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  child.on("error", (error) => (failure = error.message));
  child.on("exit", (code, signal) => (failure ??= `it ended with ${signal ?? `exit code ${code}`}`));
  const id: ProcessId | undefined = child.pid === undefined ? undefined : identify(child.pid);
  return {
    ...{ port, pid: child.pid },
    refuseIfEnded() {
      if (failure === undefined) return;
      throw new ScratchError(
        [`scratch server ${program}: ${failure}`, ...said.trim().split("\n").slice(-6)].join("\n  "),
      );
    },
    async stop() {
      if (!id || child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      if (await ended(id, 5_000)) return;
      child.kill("SIGKILL");
      await ended(id, 5_000);
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve((address as { port: number }).port));
    });
  });
}

/** Asks until the server answers, or has ended, or the time is over. */
export async function untilReady<T>(server: ScratchServer, ask: () => Promise<T>, withinMs: number): Promise<T> {
  for (const end = Date.now() + withinMs; ; await new Promise((r) => setTimeout(r, 50))) {
    server.refuseIfEnded();
    try {
      const answer = await ask();
      server.refuseIfEnded(); // else another process answered at its port
      return answer;
    } catch (error) {
      server.refuseIfEnded();
      if (Date.now() > end) throw new ScratchError(`the scratch server does not answer: ${(error as Error).message}`);
    }
  }
}
