import * as pulumi from "@pulumi/pulumi";
import { changed, complete, type Resource } from "../../provider/resource";
import { resources } from "../../provider/resources";
import type { Tell } from "../../provider/tell";
import { learned } from "./fakes";

/** Makes a program's resources really, by the provider's own code and in the order that the program asks for. */
export interface InProcess {
  /** Brings a stack up. Answers what a person is told; throws the first failure, whose dependents are not made then. */
  readonly up: (stack: string, program: () => unknown) => Promise<readonly string[]>;
  /** What `--refresh` does before an `up`: looks at what is really there. */
  readonly refresh: (stack: string) => Promise<void>;
  /** What a resource, `<type> <name>`, knew after the last `up` that made or changed it. */
  readonly outs: <T extends object>(stack: string, resource: string) => T;
}

/**
 * The engine's part in this process: no state file, no preview, nothing deleted. What it does beyond that, `test/live` proves.
 *
 * @param faked Types that nothing runs for.
 */
export function inProcess(faked: readonly string[] = []): InProcess {
  const made = new Map<string, object>();

  async function make(key: string, resource: Resource<object>, asked: object, tell: Tell): Promise<object> {
    const old = made.get(key);
    const { inputs = asked, failures = [] } = (await resource.check?.(asked, old, tell)) ?? {};
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("\n"));
    const different = changed(resource.inputs, { ...old }, { ...inputs });
    if (old && different.length === 0) return old;
    if (old && different.some((name) => (resource.replaceOn as string[] | undefined)?.includes(name)))
      throw new Error(`${key} would be replaced: ${different.join(", ")}`);
    const outs = old ? await resource.update!(old, inputs, tell) : (await resource.create(inputs, tell)).outs;
    made.set(key, complete(resource, outs));
    return made.get(key)!;
  }

  return {
    outs: <T extends object>(stack: string, resource: string) => made.get(`${stack} ${resource}`) as T,
    async refresh(stack) {
      for (const [key, old] of [...made].filter(([key]) => key.startsWith(`${stack} `))) {
        const resource: Resource<object> = resources[key.split(" ")[1]!]!;
        if (!resource.read) continue;
        const found = await resource.read(old);
        if (found) made.set(key, complete(resource, found.outs));
        else made.delete(key);
      }
    },
    async up(stack, program) {
      const told: string[] = [];
      const failures: unknown[] = [];
      await pulumi.runtime.setMocks(
        {
          call: ({ token }) => Promise.reject(new Error(`no ${token} here`)),
          newResource: async ({ type, name, inputs, custom }) => {
            if (!custom) return { id: "", state: {} };
            const asked = inputs as Record<string, unknown>;
            // The SDK waits for ever for what comes after a failure: it gets a fake, and nothing is made.
            const fake = () => ({ id: name, state: { ...asked, ...learned[type]!(asked, name) } });
            if (faked.includes(type) || failures.length > 0) return fake();
            try {
              const tell = (text: string) => void told.push(text);
              return {
                id: name,
                state: await make(`${stack} ${type} ${name}`, resources[type]!, asked, tell),
              };
            } catch (error) {
              failures.push(error);
              return fake();
            }
          },
        },
        "cotai",
        stack,
        false,
      );
      const { info, warn } = pulumi.log;
      const listen = (text: string) => (told.push(text), Promise.resolve());
      Object.assign(pulumi.log, { info: listen, warn: listen });
      try {
        await program();
      } finally {
        await pulumi.runtime.disconnect().finally(() => Object.assign(pulumi.log, { info, warn }));
      }
      if (failures.length > 0) throw failures[0] as Error;
      return told;
    },
  };
}
