import type { FastifyInstance, FastifySchema } from "fastify";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { Redactor } from "../redaction";
import type { ApiPorts } from "./ports";
import { PROBLEM } from "./schemas/answers";
import type { Schema } from "./schemas/words";

export interface ApiDeps {
  readonly ports: ApiPorts;
  readonly metrics: Pick<Metrics, "text" | "json" | "contentType" | "add">;
  readonly log: Log;
  readonly redactor: Redactor;
  /** The bearer token, 16 characters or more. */
  readonly token: string;
  readonly plan: string;
  readonly site: string;
  readonly version: string;
  /** Requests that one caller may make in a minute.  @default 300 */
  readonly requestsPerMinute?: number;
  /** What `GET /status` says.  @default - there is no such path */
  readonly status?: () => object;
}

/** Adds some paths to a server. */
export type Routes = (app: FastifyInstance, deps: ApiDeps) => void;

interface Described {
  readonly summary: string;
  readonly body?: Schema;
  readonly querystring?: Schema;
  readonly params?: Schema;
  /** What is answered when all is well, by status. */
  readonly answers: Readonly<Record<number, Schema>>;
  /** Statuses of the refusals, besides those that every path has. */
  readonly refusals?: readonly number[];
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: "The request is not as it must be.",
  401: "The token is missing or wrong.",
  404: "There is no such thing.",
  409: "Something already runs for this source.",
  413: "The body is larger than 64 KiB.",
  415: "The body is not JSON.",
  422: "It cannot be done as asked; the body says what to change.",
  429: "Too many requests.",
  500: "The agent failed; its log says why.",
};

/** A path that wants the token. */
export function described({ summary, answers, refusals = [], ...rest }: Described): FastifySchema {
  const refused = [400, 401, ...(rest.body ? [413, 415] : []), ...refusals, 429, 500];
  const answer = (status: number, schema: Schema) => ({
    ...{ description: status === 202 ? "Begun. Follow it at the address in Location." : "All is well." },
    content: { "application/json": { schema } },
  });
  const response = {
    ...Object.fromEntries(Object.entries(answers).map(([status, schema]) => [status, answer(Number(status), schema)])),
    ...Object.fromEntries(
      refused.map((status) => [
        status,
        { description: REFUSALS[status], content: { "application/problem+json": { schema: PROBLEM } } },
      ]),
    ),
  };
  return { summary, ...rest, response, security: [{ token: [] }] };
}
