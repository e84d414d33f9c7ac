import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import * as path from "node:path";
import { makeFolder } from "../../engines/files";
import { ended, identify, type ProcessId } from "../../engines/process";
import { bareEnvironment, owner } from "../../engines/run";
import { serverUser } from "../../engines/user";
import { builtFerretdb } from "../standin/ferretdb/start";

/** A server of the tester's, which it may end, hold and start again. It dies with the tester. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly start: () => Promise<void>;
  /** Asks it to end, and waits. */
  readonly stop: () => Promise<void>;
  /** Holds it as it is: it answers nobody. */
  readonly hold: () => void;
  readonly release: () => void;
}

/** The servers that the plan protects and does not run, and one that it restores into. */
export interface Servers {
  readonly redis: Server;
  readonly mongo: Server;
  readonly scratch: Server;
}

/** Redis with a password and its append-only file; MongoDB's stand-in on SQLite. */
export async function startServers(folder: string, redisPassword: string): Promise<Servers> {
  const at = (name: string) => path.join(folder, name);
  const ferretdb = async (name: string) => {
    const [program, ...args] = builtFerretdb();
    const port = await freePort();
    const filled = args.map((arg) => arg.replaceAll("{port}", String(port)).replaceAll("{folder}", at(name)));
    return server(name, port, at(name), [program, ...filled]);
  };
  const [mongo, scratch] = [await ferretdb("mongo"), await ferretdb("scratch")];
  const redisPort = await freePort();
  const configuration = [
    ...[`port ${redisPort}`, "bind 127.0.0.1", `dir ${at("redis")}`, `requirepass ${redisPassword}`],
    ...["appendonly yes", "save 3600 1", "daemonize no", ""],
  ];
  const redis = server("redis", redisPort, at("redis"), ["redis-server", "-"], configuration.join("\n"));
  for (const one of [redis, mongo, scratch]) await one.start();
  return { redis, mongo, scratch };
}

function server(
  name: string,
  port: number,
  folder: string,
  [program, ...args]: readonly [string, ...string[]],
  input = "",
): Server {
  let child: ChildProcess | undefined;
  let id: ProcessId | undefined;
  makeFolder(folder);
  return {
    ...{ name, port },
    async start() {
      child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args], {
        ...{ cwd: folder, env: bareEnvironment(), stdio: ["pipe", "ignore", "ignore"], ...owner(serverUser()) },
      });
      child.stdin!.on("error", () => {}); // its end says why
      child.stdin!.end(input);
      id = child.pid === undefined ? undefined : identify(child.pid);
      await answers(name, port);
    },
    async stop() {
      if (!id || !child) return;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      if (await ended(id, 10_000)) return;
      child.kill("SIGKILL");
      await ended(id, 5_000);
    },
    hold: () => void child?.kill("SIGSTOP"),
    release: () => void child?.kill("SIGCONT"),
  };
}

async function answers(name: string, port: number): Promise<void> {
  for (const end = Date.now() + 20_000; await isFree(port); await new Promise((r) => setTimeout(r, 100)))
    if (Date.now() > end) throw new Error(`${name} does not listen at port ${port}`);
  // Listening is not yet answering: Redis reads its file, SQLite opens its databases.
  await new Promise((r) => setTimeout(r, 300));
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
