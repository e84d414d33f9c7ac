import { spawn } from "node:child_process";
import { once } from "node:events";
import { bareEnvironment, run } from "../../../engines/run";
import { createRedactor } from "../../redaction";
import { RdbReader, type RdbSummary } from "./rdb";

/** A Redis server and how to log in to it. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** @default - the default user */
  readonly user?: string;
  /** Reads the password; asked at each use.  @default - none */
  readonly password?: () => string;
  /** Connects by TLS; the file of the authority that signed the server's certificate, or the system's.  @default - no TLS */
  readonly tls?: { readonly authority?: string };
}

const arguments_ = ({ host, port, user, tls }: RedisServer) => [
  ...["-h", host, "-p", String(port)],
  ...(user === undefined ? [] : ["--user", user]),
  ...(tls ? ["--tls", ...(tls.authority === undefined ? [] : ["--cacert", tls.authority])] : []),
];

/** By the environment: arguments can be read by everyone on the machine. */
function environment({ password }: RedisServer): Record<string, string> {
  const secret = password?.();
  return secret ? { REDISCLI_AUTH: secret } : {};
}

/** What a server answers to a command; throws what it refuses with. */
export async function ask(server: RedisServer, ...command: readonly string[]): Promise<string> {
  const env = environment(server);
  try {
    return (await run("redis-cli", [...arguments_(server), "-e", ...command], { env, timeoutMs: 30_000 })).trimEnd();
  } catch (error) {
    throw withoutSecret(server, env, error as Error);
  }
}

/** The fields of a part of `INFO`. */
export async function info(server: RedisServer, part: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await ask(server, "INFO", part)).split("\n");
  return Object.fromEntries(lines.flatMap((line) => (/^(\w+):(.*?)\r?$/.exec(line) ? [splitField(line)] : [])));
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trimEnd()];
}

/** Keys by database, as `INFO keyspace` counts them. */
export async function keysOf(server: RedisServer): Promise<Record<string, number>> {
  const fields = Object.entries(await info(server, "keyspace"));
  return Object.fromEntries(fields.map(([name, text]) => [name, Number(/^keys=(\d+)/.exec(text)?.[1] ?? 0)]));
}

/** Writes a server's RDB into a sink, read to its last byte on the way. Throws unless it is whole; leaves the sink open. */
export async function dumpInto(
  server: RedisServer,
  sink: NodeJS.WritableStream,
  onBytes: (bytes: number) => void,
): Promise<{ readonly summary: RdbSummary; readonly bytes: number }> {
  const env = environment(server);
  const child = spawn("redis-cli", [...arguments_(server), "--rdb", "-"], {
    env: bareEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const closed = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.on("close", (code, signal) =>
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  const reader = new RdbReader();
  let bytes = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      const own = reader.push(chunk);
      bytes += own.length;
      if (own.length > 0 && !sink.write(own)) await once(sink, "drain");
      onBytes(bytes);
    }
    const failure = await closed;
    if (failure !== undefined) throw new Error(`redis-cli ${failure}\n  ${said.trim()}`);
    return { summary: reader.end(), bytes };
  } catch (error) {
    throw withoutSecret(server, env, error as Error);
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}

function withoutSecret({ host, port }: RedisServer, env: Record<string, string>, error: Error): Error {
  const text = createRedactor(Object.values(env)).text(error.message);
  return new Error(`Redis at ${host}:${port}: ${text}`);
}
