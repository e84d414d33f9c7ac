/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument --
   the monitor is reached through the SDK's own request objects, which it does not export: only here. */
import * as pulumi from "@pulumi/pulumi";
import { learned } from "./fakes";

/** A resource as the engine is asked for it. `setMocks` alone hides the options. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** `type name` of the parent; empty for one that stands at the top. */
  readonly parent: string;
  /** `type name` of everything that must be done first, whether asked for or by using its outputs; sorted. */
  readonly dependsOn: readonly string[];
  readonly provider: string;
  readonly retained: boolean;
  readonly guarded: boolean;
  /** Inputs that are left as the cloud has them; missing where none is. */
  readonly ignored?: readonly string[];
  /** The id of what is there already and is taken into the stack; missing where it is made. */
  readonly adopted?: string;
}

export interface Recording {
  readonly resources: readonly Recorded[];
  /** What each component registered as its outputs. */
  readonly outputs: readonly { readonly of: string; readonly values: Record<string, unknown> }[];
  /** Everything else that was asked: invokes, calls, reads. */
  readonly calls: readonly string[];
  /** What a person is told, such as `warning: ...`. */
  readonly told: readonly string[];
}

export interface RecordOptions {
  /** Nothing is made yet: what a resource learns is unknown.  @default false */
  readonly preview?: boolean;
  /** @default "test" */
  readonly stack?: string;
  /** What the cloud answers to a lookup, by its token; any other is refused.  @default {} */
  readonly answers?: Readonly<Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>>;
}

/** What stands for a value that a preview cannot know. */
export const UNKNOWN = "<unknown>";
const SDK_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Runs `program` on fakes and waits until every registration has arrived. Throws if anything asked for has no fake. */
export async function record(program: () => unknown, options: RecordOptions = {}): Promise<Recording> {
  const { preview = false, stack = "test", answers = {} } = options;
  const resources: Recorded[] = [];
  const outputs: { of: string; values: Record<string, unknown> }[] = [];
  const calls: string[] = [];
  const told: string[] = [];
  const refused: string[] = [];
  const refuse = (what: string): never => {
    refused.push(what);
    throw new Error(what);
  };
  await pulumi.runtime.setMocks(
    {
      call: ({ token, inputs }) => (answers[token] ?? refuse(`no fake for ${token}`))(inputs),
      newResource: ({ type, name, inputs, custom }) => {
        if (!custom) return { id: "", state: {} };
        const learn = learned[type] ?? refuse(`no fake for ${type}`);
        return preview ? { id: "", state: inputs } : { id: `${name}-id`, state: { ...inputs, ...learn(inputs, name) } };
      },
    },
    "dr",
    stack,
    preview,
  );

  const monitor = pulumi.runtime.getMonitor() as any;
  for (const method of ["invoke", "streamInvoke", "call", "readResource"])
    if (monitor[method]) tap(monitor, method, (r) => calls.push(`${method} ${(r.getTok ?? r.getType).call(r)}`));
  tap(monitor, "registerResourceOutputs", (r) =>
    outputs.push({ of: shortName(r.getUrn()), values: plainly(r.getOutputs().toJavaScript()) }),
  );
  tap(monitor, "registerResource", (r) =>
    resources.push({
      type: r.getType(),
      name: r.getName(),
      inputs: plainly(r.getObject().toJavaScript()),
      parent: shortName(r.getParent()),
      dependsOn: r.getDependenciesList().map(shortName).sort(),
      provider: r.getProvider(),
      retained: r.getRetainondelete() ?? false,
      guarded: r.getProtect() ?? false,
      ...(r.getIgnorechangesList().length > 0 ? { ignored: r.getIgnorechangesList() } : {}),
      ...(r.getImportid() ? { adopted: r.getImportid() } : {}),
    }),
  );
  const log = pulumi.log as any;
  const { info, warn, error } = log;
  const listen = (kind: string) => (text: string) => (told.push(`${kind}: ${text}`), Promise.resolve());
  Object.assign(log, { info: listen("info"), warn: listen("warning"), error: listen("error") });

  try {
    await program();
  } finally {
    await pulumi.runtime.disconnect().finally(() => Object.assign(log, { info, warn, error }));
  }
  if (refused.length > 0) throw new Error(refused.join("\n"));
  return { resources, outputs, calls, told };
}

/** The plain value of what a program answers, outputs and all. Call it within {@link record}. */
export const plain = <T>(value: T): Promise<pulumi.Unwrap<T>> => (pulumi.output(value) as any).promise();

/** `urn:pulumi:stack::project::dr:local:Database$dr:index:Fence::it-fence` as `dr:index:Fence it-fence`. */
const shortName = (urn: string) => urn && `${urn.split("::")[2]!.split("$").pop()} ${urn.split("::")[3]}`;

const plainly = (value: unknown): any =>
  JSON.parse(JSON.stringify(value), (_key, inner) => (inner === SDK_UNKNOWN ? UNKNOWN : inner));

function tap(target: any, method: string, see: (request: any) => void) {
  const original = target[method].bind(target);
  target[method] = (request: any, done: any) => {
    see(request);
    return original(request, done);
  };
}
