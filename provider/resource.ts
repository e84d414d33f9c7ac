import { isDeepStrictEqual } from "node:util";
import type { CheckFailure } from "@pulumi/pulumi/provider";
import type { Tell } from "./tell";

/** One resource of the provider. Inputs are plain data; outputs are the inputs and what was learned. */
export interface Resource<Inputs, Outputs extends Inputs = Inputs> {
  /** Fills in defaults and names every bad input. Runs in preview too: it may keep a port, and touches nothing else. */
  readonly check?: (inputs: Inputs, old: Outputs | undefined, tell?: Tell) => Promise<Checked<Inputs>>;
  /** Names of all inputs: outputs hold them too, and only these are compared. */
  readonly inputs: readonly (keyof Inputs & string)[];
  /** Outputs that may be absent. They are sent as empty text then: one that is missing is unknown in each preview. */
  readonly mayBeAbsent?: readonly (keyof Outputs & string)[];
  /** Inputs whose change makes another resource of it. */
  readonly replaceOn?: readonly (keyof Inputs & string)[];
  readonly create: (inputs: Inputs, tell: Tell) => Promise<{ readonly id: string; readonly outs: Outputs }>;
  /** Whether what was left there runs no more, or is gone. Then `up` sees to it, without a refresh. Runs in preview too. */
  readonly hasFallen?: (outs: Outputs, inputs: Inputs) => Promise<boolean> | boolean;
  /** What is really there; undefined if it is gone. */
  readonly read?: (outs: Outputs) => Promise<{ readonly outs: Outputs; readonly inputs: Partial<Inputs> } | undefined>;
  readonly update?: (outs: Outputs, inputs: Inputs, tell: Tell) => Promise<Outputs>;
  readonly delete?: (outs: Outputs, tell: Tell) => Promise<void>;
}

export interface Checked<Inputs> {
  readonly inputs?: Inputs;
  readonly failures?: readonly CheckFailure[];
}

/** What a value is in a preview while nobody can know it yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isUnknown = (value: unknown) => value === UNKNOWN;

/** Those of `names` whose values differ between what was and what shall be. */
export const changed = (names: readonly string[], old: Record<string, unknown>, inputs: Record<string, unknown>) =>
  names.filter((name) => !isDeepStrictEqual(old[name] ?? undefined, inputs[name] ?? undefined));

/** What is there, without the names of what is not: those cannot be sent. */
export const present = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Outputs with empty text in place of those that are absent. */
export function complete(resource: { readonly mayBeAbsent?: readonly string[] }, outs: object): object {
  return { ...Object.fromEntries((resource.mayBeAbsent ?? []).map((name) => [name, ""])), ...present(outs) };
}
