import { main, type Provider } from "@pulumi/pulumi/provider";
import { version } from "../package.json";
import { changed, complete, present, type Resource } from "./resource";
import { plainErrors } from "./plain-errors";
import { resources } from "./resources";
import { tellAbout } from "./tell";

function resourceOf(urn: string): Resource<object> {
  const type = urn.split("::")[2]!.split("$").pop()!;
  const resource = resources[type];
  if (!resource) throw new Error(`unknown resource type ${type}; known are ${Object.keys(resources).join(", ")}`);
  return resource;
}

const provider: Provider = {
  version,
  check: (urn, old, inputs) =>
    plainErrors(async () => {
      const known = old && Object.keys(old as object).length > 0 ? (old as object) : undefined;
      const checked = (await resourceOf(urn).check?.(inputs as object, known, tellAbout(urn))) ?? {};
      return { inputs: checked.inputs ?? (inputs as object), failures: [...(checked.failures ?? [])] };
    }),
  diff: async (_id, urn, old, inputs) => {
    const resource = resourceOf(urn);
    const different = changed(resource.inputs, old as Record<string, unknown>, inputs as Record<string, unknown>);
    const replaces = different.filter((name) => (resource.replaceOn as string[] | undefined)?.includes(name));
    const changes = different.length > 0 || (await resource.hasFallen?.(old as object, inputs as object)) === true;
    return { changes, replaces, deleteBeforeReplace: true };
  },
  create: (urn, inputs) =>
    plainErrors(async () => {
      const resource = resourceOf(urn);
      const { id, outs } = await resource.create(inputs as object, tellAbout(urn));
      return { id, outs: complete(resource, outs) };
    }),
  read: (id, urn, outs) =>
    plainErrors(async () => {
      const resource = resourceOf(urn);
      if (!resource.read) return { id, props: outs as object };
      const found = await resource.read(outs as object);
      return found
        ? { id, props: complete(resource, found.outs), inputs: present(found.inputs) }
        : { id: "", props: {} };
    }),
  update: (_id, urn, old, inputs) =>
    plainErrors(async () => {
      const resource = resourceOf(urn);
      if (!resource.update) throw new Error(`${urn} cannot be changed in place`);
      return { outs: complete(resource, await resource.update(old as object, inputs as object, tellAbout(urn))) };
    }),
  delete: (_id, urn, outs) => plainErrors(async () => resourceOf(urn).delete?.(outs as object, tellAbout(urn))),
};

// What was begun must not go on beside the next `up`: an engine that was killed takes its provider along.
const engine = process.ppid;
setInterval(() => process.ppid === engine || process.exit(1), 200).unref();

void main(provider, process.argv.slice(2));
