import * as z from "zod";
import { DURATION, DURATION_RULE, parseDuration } from "../duration";
import { parseSize, SIZE, SIZE_RULE } from "../size";

// The smallest words a plan is made of. Each takes the description that editors and docs/plan.md show.

/** Text of a certain form. The rule is what a refusal says. */
export const matching = (pattern: RegExp, rule: string) =>
  z.string({ error: (i) => (i.input === undefined ? undefined : rule) }).regex(pattern, rule);

/** A duration with its unit; seconds after parsing. */
export const duration = (description: string) =>
  matching(DURATION, DURATION_RULE).transform(parseDuration).describe(description);

/** A size with its unit; bytes after parsing. */
export const size = (description: string) => matching(SIZE, SIZE_RULE).transform(parseSize).describe(description);

/** A cron expression of five fields. Whether it is valid and ever fires is checked afterwards, in checks/schedules.ts. */
export const cron = (description: string) =>
  matching(
    /^\S+(?: \S+){4}$/,
    'must be a cron expression of five fields (minute hour day month weekday), such as "0 2 * * *"',
  ).describe(description);

/** An IANA time zone. Absent means the plan's `timeZone`, which the parser fills in. */
export const timeZone = z
  .string()
  .max(64)
  .optional()
  .transform((zone) => zone ?? "")
  .describe("IANA time zone of the schedules here, such as Europe/Berlin. Default: the plan's timeZone.");

/** A name that is used to build the names of real things: a DNS label. */
export const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
export const NAME_RULE = "must be lower-case letters, digits and single hyphens, starting with a letter";
export const name = (description: string, max = 32) =>
  matching(NAME, NAME_RULE).max(max, `must be ${max} characters or fewer`).describe(description);

/** Most entries of a map of names. */
const MAX_ENTRIES = 200;

/** A map whose keys are names. Its order is kept. */
export const named = <T extends z.ZodType>(value: T, description: string) =>
  z
    .record(matching(NAME, `a name ${NAME_RULE}`).max(32, "a name must be 32 characters or fewer"), value)
    .refine((map) => Object.keys(map).length <= MAX_ENTRIES, `must have ${MAX_ENTRIES} entries or fewer`)
    .describe(description);

/** One line of text for people. */
export const text = (description: string, max = 500) =>
  matching(/^[^\p{Cc}]+$/u, "must be one line of text")
    .max(max, `must be ${max} characters or fewer`)
    .describe(description);

/** Text for people that may run over several lines. */
export const prose = (description: string, max = 4000) =>
  matching(/^[^\p{Cc}]+(?:\n[^\p{Cc}]*)*$/u, "must be text without control characters")
    .max(max, `must be ${max} characters or fewer`)
    .describe(description);

/** The name of a secret, never the secret: it is read from the environment or from a file of that name. */
export const secret = (description: string) =>
  matching(
    /^[A-Z][A-Z0-9_]{1,62}$/,
    "must be the name of a secret in capitals, such as SLACK_WEBHOOK; the secret itself never goes in a plan",
  ).describe(description);

/** A path inside a service's URL. */
export const urlPath = (description: string) =>
  matching(/^\/(?!.*\.\.)[A-Za-z0-9._~/-]*$/, "must be a path such as /health, without .. or a query")
    .max(200)
    .describe(description);

/** A file, folder or volume that is protected. It never reaches a shell. */
export const filePath = (description: string) =>
  matching(
    /^(?!.*(?:^|\/)\.\.(?:\/|$))[A-Za-z0-9._@/-]{1,255}$/,
    "must be a path or volume name of letters, digits and ._@/- without ..",
  ).describe(description);

/** A host name: DNS labels joined by dots. */
export const hostname = (description: string) =>
  matching(
    /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
    "must be a host name such as app.example.com",
  ).describe(description);

/** A web address. */
export const url = (description: string) =>
  matching(/^https?:\/\/[^\s\p{Cc}<>"]{3,500}$/u, "must be an http or https address").describe(description);

/** An e-mail address, or TODO where it is still to be filled in. */
export const email = (description: string) =>
  matching(/^(?:TODO|[^\s\p{Cc}@<>,;]{1,64}@[^\s\p{Cc}@<>,;]{3,190})$/u, "must be an e-mail address").describe(
    description,
  );

/** A whole number in a range. */
export const count = (min: number, max: number, description: string) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule).describe(description);
};

/** A percentage. */
export const percent = (description: string) => {
  const rule = "must be a percentage from 0 to 100, without the sign";
  return z.number(rule).min(0, rule).max(100, rule).describe(description);
};

/** The names of other entries of the plan. */
export const names = (description: string) => z.array(name("A name.")).describe(description);
