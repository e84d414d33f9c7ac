import pino from "pino";
import { createRedactor, type Redactor } from "./redaction";

export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type Level = (typeof LEVELS)[number];

/** What the agent's parts need of a log: a line of JSON for each event, an error under `err`. */
export interface Log {
  readonly debug: Line;
  readonly info: Line;
  readonly warn: Line;
  readonly error: Line;
  /** The same log; each of its lines says this as well. */
  readonly with: (fields: Fields) => Log;
}
export type Fields = Readonly<Record<string, unknown>>;
export type Line = (message: string, fields?: Fields) => void;

export interface LogOptions {
  /** Lines below it are left out.  @default "info" */
  readonly level?: Level;
  /** Said in each line, such as plan and site. */
  readonly fields?: Fields;
  /** Knows the secrets; share it with whoever learns of another.  @default - one that knows none yet */
  readonly redactor?: Redactor;
  /** Where lines go.  @default - standard output */
  readonly write?: (line: string) => void;
}

/** A log of JSON lines that holds no secret: each line is cleaned just before it is written, whatever made it. */
export function createLog({ level = "info", fields = {}, redactor = createRedactor(), write }: LogOptions = {}): Log {
  if (!LEVELS.includes(level)) throw new Error(`log level must be one of ${LEVELS.join(", ")}; got ${level}`);
  const out = write ?? ((line: string) => void process.stdout.write(line));
  return wrap(
    pino(
      {
        level,
        base: fields,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: describeError },
        messageKey: "message",
      },
      { write: (line) => out(cleanLine(redactor, line)) },
    ),
  );
}

function cleanLine(redactor: Redactor, line: string): string {
  return `${JSON.stringify(redactor.clean(JSON.parse(line)))}\n`;
}

function wrap(logger: pino.Logger): Log {
  const line =
    (level: "debug" | "info" | "warn" | "error"): Line =>
    (message, fields = {}) =>
      logger[level](fields, message);
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    with: (fields) => wrap(logger.child(fields)),
  };
}

const MAX_DEPTH = 5;

/** An error as plain data, with what caused it and what it gathers; the stack of the outermost alone. */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  if (depth === MAX_DEPTH) return { message: error.message };
  const { name, message, stack, cause, ...rest } = error as Error & Record<string, unknown>;
  const inner = (value: unknown) => describeError(value, depth + 1);
  return {
    name,
    message,
    ...(depth === 0 && typeof stack === "string" ? { stack } : {}),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inner(value)])),
    ...(cause === undefined ? {} : { cause: inner(cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.map(inner) } : {}),
  };
}
