/** A resource as a rule sees it: what the program asked for, or what became of it. */
export interface Resource {
  readonly urn: string;
  /** Pulumi's token, such as `aws:s3/bucket:Bucket`. Azure's is without the version of its API. */
  readonly type: string;
  readonly name: string;
  /** What a preview cannot know yet is {@link UNKNOWN}. */
  readonly props: Readonly<Record<string, unknown>>;
  /** The resource option `protect`. */
  readonly protect: boolean;
  /** By property: URNs of the resources whose outputs it is made of. */
  readonly uses: Readonly<Record<string, readonly string[]>>;
}

export interface Violation {
  readonly urn: string;
  /** What, which rule, what was got, and the way out. */
  readonly message: string;
}

type Setting = number | readonly string[] | readonly number[];

/** One promise about a whole stack: a pure function of its resources. */
export interface Rule<S extends Readonly<Record<string, Setting>> = Readonly<Record<string, Setting>>> {
  readonly name: string;
  readonly description: string;
  /** What each setting means, for whoever changes it. */
  readonly settings: { readonly [K in keyof S]: string };
  readonly defaults: S;
  readonly violations: (resources: readonly Resource[], settings: S) => readonly Violation[];
}

/** Stands for a value that a preview cannot know. Nobody is blamed for it: the update looks again. */
export const UNKNOWN = "<unknown until it is made>";

export const is = (value: unknown, expected: unknown) => value === UNKNOWN || value === expected;
export const atLeast = (value: unknown, least: number) =>
  value === UNKNOWN || (typeof value === "number" && value >= least);
export const isSet = (value: unknown) => value !== undefined && value !== null && value !== "";
/** As a message says what was got. */
export const got = (value: unknown) => (isSet(value) ? JSON.stringify(value) : "nothing");

/** A property inside properties: undefined where there is none, unknown where its parent is. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined || value === UNKNOWN) return value;
  return typeof value === "object" && value !== null
    ? at((value as Record<string, unknown>)[first], ...rest)
    : undefined;
}

/** The elements of a list, none where there is no list; undefined while it is unknown. */
export const listOf = (value: unknown): readonly unknown[] | undefined =>
  value === UNKNOWN ? undefined : Array.isArray(value) ? (value as readonly unknown[]) : [];

export const ofType = (resources: readonly Resource[], ...types: readonly string[]) =>
  resources.filter(({ type }) => types.includes(type));

/** Whether the property of one names the other: by using its outputs, or by saying its name, id or ARN, which a preview cannot know. */
export function refersTo(one: Resource, property: string, other: Resource): boolean {
  if (one.uses[property]?.includes(other.urn)) return true;
  const value = one.props[property];
  const names = ["id", "arn", "bucket", "name", "identifier", "accountName", "serverName"].map(
    (key) => other.props[key],
  );
  if (typeof value !== "string" || value === UNKNOWN) return false;
  const named = value.startsWith("arn:") ? value.split(/[:/]/).pop() : value;
  return names.includes(value) || names.includes(named);
}

/** Without those whose names fit a pattern, where `*` stands for any text. */
export function without(exempt: readonly string[], resources: readonly Resource[]): readonly Resource[] {
  const fits = exempt.map((pattern) => new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`));
  return resources.filter(({ name }) => !fits.some((fit) => fit.test(name)));
}
const escaped = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
export const EXEMPT = "Names of resources that are not judged; * stands for any text.";

/** The violations of those resources for which `fault` answers why. */
export const each = (resources: readonly Resource[], fault: (resource: Resource) => string | undefined) =>
  resources.flatMap((resource): Violation[] => {
    const message = fault(resource);
    return message === undefined ? [] : [{ urn: resource.urn, message }];
  });
