import type { Engine } from "../../../plan";
import { TYPES } from "../requests";

export const ENGINES = [
  "postgresql",
  "mongodb",
  "redis",
  "files",
  "configuration",
] as const satisfies readonly Engine[];

/** JSON Schema, as OpenAPI 3.1 takes it. `description` of a pattern is what a refusal says. */
export type Schema = Readonly<Record<string, unknown>>;

export const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required: [...required],
  additionalProperties: false,
});
export const text = (description: string, maxLength = 500): Schema => ({
  type: "string",
  minLength: 1,
  maxLength,
  description,
});
export const oneOf = (values: readonly string[], description: string): Schema => ({
  type: "string",
  enum: [...values],
  description,
});
export const matching = (pattern: string, description: string, maxLength = 100): Schema => ({
  ...{ type: "string", pattern, maxLength, description },
});
export const integer = (description: string): Schema => ({ type: "integer", minimum: 0, description });
export const number = (description: string): Schema => ({ type: "number", description });
export const list = (items: Schema, description: string): Schema => ({ type: "array", items, description });

export const TIME = String.raw`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`;
export const time = matching(TIME, "must be a time such as 2026-11-21T09:00:00Z", 40);
/** An entry of the plan's data, or the dump that is taken of one. */
export const SOURCE = String.raw`[a-z][a-z0-9-]{0,31}(\.dump)?`;
export const source = matching(`^${SOURCE}$`, "must be the name of a source of the plan");
export const backupId = matching(
  "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  "must be the id of a backup, from backup/history",
  200,
);
export const types = Object.keys(TYPES);
