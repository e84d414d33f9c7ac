import * as z from "zod";
import { nearest } from "./nearest";
import type { Finding } from "./checks/finding";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** At most this many are given: a wrong file need not print a thousand lines. */
export const MAX_REFUSALS = 50;

/** Says in the plan's words what the schema found wrong. */
export function findingsOf(issues: readonly Issue[], schema: z.core.$ZodType, value: unknown): Finding[] {
  const first = issues.slice(0, MAX_REFUSALS);
  const found = first.flatMap((issue) => describeIssue(issue, schema, value)).slice(0, MAX_REFUSALS);
  // `bakup:` is one mistake, not an unknown key and a missing `backup`.
  const meant = new Set(found.flatMap(({ meant }) => (meant ? [formatPath(meant)] : [])));
  return found
    .filter(({ at, message }) => !(message.startsWith("is required") && meant.has(formatPath(at))))
    .map(({ at, message }) => ({ at, message }));
}

function describeIssue(issue: Issue, schema: z.core.$ZodType, root: unknown): (Finding & { meant?: Path })[] {
  const say = (message: string) => [{ at: issue.path, message }];
  const got = valueAt(root, issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, MAX_REFUSALS).map((key) => {
        const known = Object.keys(shapeAt(schema, issue.path, root) ?? {});
        const near = nearest(key, known);
        const way = near ? `did you mean \`${near}\`?` : `known here: ${known.join(", ")}`;
        const found = { at: [...issue.path, key], message: `unknown key; ${way}` };
        return near ? { ...found, meant: [...issue.path, near] } : found;
      });
    case "invalid_key":
      return say(`${issue.issues[0]?.message ?? "not a name"}; got ${show(issue.path.at(-1))}`);
    case "invalid_union":
    case "invalid_value": {
      const options = issue.code === "invalid_value" ? issue.values.map(String) : unionOptions(issue);
      if (options.length === 0) return say(`is not understood; got ${show(got)}`);
      if (got === undefined) return say(`is required: one of ${options.join(", ")}`);
      const near = typeof got === "string" ? nearest(got, options) : undefined;
      const hint = near ? `; did you mean \`${near}\`?` : "";
      return say(`must be one of ${options.join(", ")}; got ${show(got)}${hint}`);
    }
    case "invalid_type": {
      if (got === undefined) {
        return say(`is required. ${schemaAt(schema, issue.path, root)?.description ?? ""}`.trimEnd());
      }
      return say(
        `${isOurs(issue) ? issue.message : `must be ${KINDS[issue.expected] ?? issue.expected}`}; got ${show(got)}`,
      );
    }
    default:
      // A secret that was pasted into the plan is not repeated in a message.
      if (issue.message.includes("name of a secret")) return say(issue.message);
      return say(`${isOurs(issue) ? issue.message : ruleOf(issue)}; got ${show(got)}`);
  }
}

/** Whether the message is one that the schema states; zod's own start with these words. */
const isOurs = ({ message }: Issue) => !/^(?:Invalid|Too (?:big|small))/.test(message);

function ruleOf(issue: Issue): string {
  if (issue.code === "too_big")
    return `must be ${String(issue.maximum)} or less${issue.origin === "string" ? " characters" : ""}`;
  if (issue.code === "too_small")
    return `must be ${String(issue.minimum)} or more${issue.origin === "string" ? " characters" : ""}`;
  return issue.message;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  object: "a map of keys",
  record: "a map of names",
  array: "a list",
  boolean: "true or false",
  number: "a number",
};

function unionOptions(issue: z.core.$ZodIssueInvalidUnion): string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

/** A value from the file, short enough for one line. */
export function show(value: unknown): string {
  if (value !== null && typeof value === "object") return Array.isArray(value) ? "a list" : "a map";
  // A letter that nobody sees, such as one that turns the line's direction round, is shown by its number.
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(
    /\p{Cf}/gu,
    (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`,
  );
  return text.length > 60 ? `${text.slice(0, 57)}..." (${text.length} characters)` : text;
}

/** `data.postgres.backup`, `people.escalation[0].after`. A step that is long is cut. */
export function formatPath(steps: Path): string {
  return steps
    .map((step) => {
      const text = String(step);
      if (typeof step === "number") return `[${step}]`;
      return `.${text.length > 50 ? `${text.slice(0, 47)}...` : text}`;
    })
    .join("")
    .replace(/^\./, "");
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], root);
}

/** The part of the schema that a path of the file leads to. */
function schemaAt(schema: z.core.$ZodType, path: Path, root: unknown): z.ZodType | undefined {
  let at: z.core.$ZodType | undefined = schema;
  let value: unknown = root;
  for (const step of path) {
    const inner: z.core.$ZodType | undefined = unwrap(at, value);
    if (inner instanceof z.ZodObject) at = (inner.shape as Record<PropertyKey, z.core.$ZodType>)[step];
    else if (inner instanceof z.ZodRecord) at = inner.valueType;
    else if (inner instanceof z.ZodArray) at = inner.element;
    else return undefined;
    value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  }
  return at instanceof z.ZodType ? at : undefined;
}

function shapeAt(schema: z.core.$ZodType, path: Path, root: unknown): object | undefined {
  const inner = unwrap(schemaAt(schema, path, root), valueAt(root, path));
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

/** Takes off defaults and picks the member of a union that the value names. */
function unwrap(schema: z.core.$ZodType | undefined, value: unknown): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.def.innerType, value);
  }
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const key = schema.def.discriminator;
    const named = (value as Record<string, unknown> | undefined)?.[key];
    return schema.options.find((option) => {
      const literal = option instanceof z.ZodObject ? (option.shape as Record<string, unknown>)[key] : undefined;
      return literal instanceof z.ZodLiteral && literal.value === named;
    });
  }
  return schema;
}
