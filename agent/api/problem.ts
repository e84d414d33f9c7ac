import type { FastifyError } from "fastify";
import type { Redactor } from "../redaction";

/** One thing that is wrong with a request. */
export interface Fault {
  /** Where: a field of the body or the query. */
  readonly field: string;
  /** Which rule it breaks. */
  readonly rule: string;
  readonly got?: unknown;
}

interface Extra {
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the answer. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A refusal that says what is wrong and what to do (RFC 9457). */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly status: number,
    /** The last part of its type; docs/api.md explains each. */
    readonly slug: Slug,
    message: string,
    readonly wayOut: string,
    readonly extra: Extra = {},
  ) {
    super(message);
  }
}

/** What can be wrong, with the title that it always has. */
export const TITLES = {
  "bad-request": "The request is not as it must be",
  "not-authorized": "The token is missing or wrong",
  "not-found": "There is no such thing here",
  "method-not-allowed": "This address takes another method",
  "already-running": "Something already runs for this source",
  "too-large": "The body is too large",
  "not-json": "The body must be JSON",
  "unknown-source": "The plan has no such source",
  "not-possible": "This cannot be done as asked",
  "not-confirmed": "This would overwrite data and was not confirmed",
  "too-many-requests": "Too many requests",
  internal: "The agent failed",
} as const;
export type Slug = keyof typeof TITLES;

/** The body of a refusal. Nothing in it is a secret: texts are cleaned, values shortened. */
export function bodyOf(problem: Problem, requestId: string, redactor: Redactor): Record<string, unknown> {
  const { status, slug, message, wayOut, extra } = problem;
  return {
    type: `urn:pulumi-dr:problem:${slug}`,
    title: TITLES[slug],
    status,
    detail: redactor.text(message),
    wayOut: redactor.text(wayOut),
    instance: `urn:pulumi-dr:request:${requestId}`,
    ...(extra.faults ? { errors: extra.faults.map((fault) => ({ ...fault, got: shown(fault.got, redactor) })) } : {}),
    ...extra.members,
  };
}

const MAX_SHOWN = 100;

/** A plain value, shortened; of anything else only what it is. */
function shown(got: unknown, redactor: Redactor): string | undefined {
  if (got === undefined) return undefined;
  if (got !== null && typeof got === "object") return Array.isArray(got) ? "an array" : "an object";
  const text = redactor.text(JSON.stringify(got));
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

/** What Fastify and its schemas refuse, in the words of this API; undefined: a failure of the agent itself. */
export function problemOf(error: FastifyError | Problem): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error.validation) return invalid(error);
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Problem(413, "too-large", "the body must be 64 KiB or smaller", "Send a smaller body.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_CONTENT_TYPE":
      return new Problem(
        415,
        "not-json",
        "the body must be JSON",
        "Send the header Content-Type: application/json with a body, or neither.",
      );
    default:
      if (error.statusCode === undefined || error.statusCode < 400 || error.statusCode >= 500) return undefined;
      return new Problem(
        error.statusCode,
        "bad-request",
        "the request cannot be read",
        "Send one JSON object as the body, and an address whose parts are percent-encoded.",
      );
  }
}

function invalid({ validation = [], validationContext = "body" }: FastifyError): Problem {
  const faults = validation.slice(0, 10).map((entry) => faultOf(entry as Entry));
  const first = faults[0];
  return new Problem(
    400,
    "bad-request",
    first ? `\`${first.field || validationContext}\` ${first.rule}` : "the request is not as it must be",
    "See /docs for what each request takes.",
    { faults },
  );
}

/** What Ajv says of one fault, in its verbose form. */
interface Entry {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly parentSchema?: { readonly description?: string };
}

function faultOf({ keyword, instancePath, message = "is not valid", params, data, parentSchema }: Entry): Fault {
  const field = instancePath.slice(1).replaceAll("/", ".");
  const inside = (name: unknown) => [...(field ? [field] : []), String(name).slice(0, 100)].join(".");
  switch (keyword) {
    case "additionalProperties":
      return { field: inside(params.additionalProperty), rule: "is not a field that this request has" };
    case "required":
      return { field: inside(params.missingProperty), rule: "must be given" };
    case "enum":
      return { field, rule: `must be one of ${(params.allowedValues as unknown[]).join(", ")}`, got: data };
    case "pattern":
      // A target may hold a password, in a form that nobody thought of.
      return { field, rule: parentSchema?.description ?? message, ...(field === "target" ? {} : { got: data }) };
    default:
      return { field, rule: message, got: data };
  }
}
