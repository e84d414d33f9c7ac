import { isDeepStrictEqual } from "node:util";
import { version } from "@pulumi/aws/package.json";
import { main, type Provider } from "@pulumi/pulumi/provider";
import { plainErrors } from "../../../provider/plain-errors";
import { tellAbout } from "../../../provider/tell";
import { refuseOtherAccounts } from "./caller";
import { plain, type Inputs, type Made, type StandIn } from "./kind";
import { real } from "./kinds";
import { knock, known, record } from "./recorded";

const partsOf = (urn: string) => {
  const [, , types, ...name] = urn.split("::");
  return { type: types!.split("$").pop()!, name: name.join("::") };
};

/** Values that are handed over and kept nowhere; their version says when they are new. */
const isWriteOnly = (name: string) => name.endsWith("Wo");

function outputs(type: string, inputs: Inputs, { learned }: Pick<Made, "learned">): Inputs {
  const kept = Object.entries(inputs).filter(([name]) => !isWriteOnly(name));
  const standIn: StandIn = { madeBy: type in real ? "moto" : "nobody", inputs: kept.map(([name]) => name) };
  return { ...Object.fromEntries(kept), ...learned, standIn };
}

/** Names of inputs that are not as they were. */
function changedNames(old: Inputs, inputs: Inputs): readonly string[] {
  const names = new Set([...(old.standIn as StandIn).inputs, ...Object.keys(inputs)]);
  return [...names].filter((name) => !isWriteOnly(name) && !isDeepStrictEqual(plain(old[name]), plain(inputs[name])));
}

let begun: Promise<void> | undefined;
/** Once in each `up`, before all else. What is said keeps anybody from taking a green one for AWS'. */
const begin = () =>
  (begun ??= (async () => {
    const [made, all] = [Object.keys(real).length, known.length];
    tellAbout("")(`a stand-in for AWS: ${made} types are made by calls to moto, ${all - made} are only recorded`);
    await refuseOtherAccounts();
  })());

const provider: Provider = {
  version,
  check: (urn, _old, inputs) =>
    plainErrors(async () => {
      await begin();
      const { type } = partsOf(urn);
      const failures = known.includes(type) ? [] : [{ property: "", reason: `the stand-in for AWS knows no ${type}` }];
      return { inputs: inputs as Inputs, failures };
    }),
  diff: (_id, urn, old, inputs) =>
    plainErrors(async () => {
      const changed = changedNames(old as Inputs, inputs as Inputs);
      const kind = await real[partsOf(urn).type]?.();
      return { changes: changed.length > 0, replaces: changed.filter((name) => kind?.replaceOn.includes(name)) };
    }),
  create: (urn, inputs) =>
    plainErrors(async () => {
      const { type, name } = partsOf(urn);
      const kind = await real[type]?.();
      const values = plain(inputs) as Inputs;
      const made = kind ? await kind.create(values, name) : await record("create", type, values, name);
      return { id: made.id, outs: outputs(type, inputs as Inputs, made) };
    }),
  update: (id, urn, old, inputs) =>
    plainErrors(async () => {
      const { type, name } = partsOf(urn);
      const kind = await real[type]?.();
      const values = plain(inputs) as Inputs;
      if (!kind) return { outs: outputs(type, inputs as Inputs, await record("update", type, values, name)) };
      const changed = changedNames(old as Inputs, inputs as Inputs);
      const beyond = changed.filter((one) => !kind.changes?.includes(one));
      if (!kind.update || beyond.length > 0)
        throw new Error(`the stand-in for AWS cannot change ${beyond.join(", ")} of ${type} ${name}`);
      const said = await kind.update(id, values, changed);
      // What was learned when it was made still holds, where nothing else is said now.
      const before = Object.entries(old as Inputs).filter(
        ([one]) => !(old as { standIn: StandIn }).standIn.inputs.includes(one),
      );
      return { outs: outputs(type, inputs as Inputs, { learned: { ...Object.fromEntries(before), ...said } }) };
    }),
  delete: (id, urn, old) =>
    plainErrors(async () => {
      const { type, name } = partsOf(urn);
      const kind = await real[type]?.();
      if (!kind) return knock("delete", type, old as Inputs);
      if (!kind.delete) throw new Error(`${type} ${name} holds data or guards it: nothing may delete it`);
      await kind.delete(id, plain(old) as Inputs);
    }),
};

// What was begun must not go on beside the next `up`.
const engine = process.ppid;
setInterval(() => process.ppid === engine || process.exit(1), 200).unref();

void main(provider, process.argv.slice(2));
