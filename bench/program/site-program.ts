import { readFileSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { record, type Recorded } from "../../test/helpers/record";
import { run, type Values } from "../../test/stacks/program";
import { construct, resourceClass } from "./classes";

/** What bench.ts asks for: a whole site by its program, the same resources written flat, or nothing at all. */
export type SiteTask =
  | { readonly written: "components"; readonly stack: string; readonly values: Values; readonly keepIn?: string }
  | { readonly written: "flat"; readonly keptIn: string }
  | { readonly written: "nothing" };

/** The same resources without components, each after those that it needed. */
function writeFlat(all: readonly Recorded[]): void {
  const made = new Map<string, pulumi.CustomResource>();
  for (const { type, name, inputs, dependsOn, provider, retained, guarded, ignored } of all) {
    const Made = resourceClass(type);
    if (!Made) continue;
    const [, , token = "", providerName] = provider.split("::");
    const own = made.get(`${token.split("$").pop()} ${providerName}`);
    const needs = dependsOn.flatMap((one) => made.get(one) ?? []);
    const opts: pulumi.CustomResourceOptions = {
      ...{ dependsOn: needs, retainOnDelete: retained, protect: guarded },
      ...(ignored ? { ignoreChanges: [...ignored] } : {}),
      ...(own ? { provider: own } : {}),
    };
    made.set(`${type} ${name}`, construct(Made, name, inputs, opts));
  }
}

async function work(task: SiteTask): Promise<number> {
  switch (task.written) {
    case "nothing":
      return (await record(() => {})).resources.length;
    case "flat": {
      const all = JSON.parse(readFileSync(task.keptIn, "utf8")) as readonly Recorded[];
      return (await record(() => writeFlat(all))).resources.length;
    }
    case "components": {
      const { resources } = await run(task.stack, task.values);
      if (task.keepIn !== undefined) writeFileSync(task.keepIn, JSON.stringify(resources));
      return resources.length;
    }
  }
}

void work(JSON.parse(process.env.DR_BENCH!) as SiteTask).then(
  (resources) => {
    process.stdout.write(`${JSON.stringify({ resources })}\n`);
    process.stdin.resume(); // it is looked at until its input ends
  },
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
