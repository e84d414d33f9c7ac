import assert from "node:assert/strict";
import type { Recorded } from "../../helpers/record";

/** The one resource of a type and name, `aws:s3/bucket:Bucket` being written `s3/Bucket`. */
export function one(resources: readonly Recorded[], kind: string, name: string): Recorded {
  const found = of(resources, kind).filter((resource) => resource.name === name);
  assert.equal(found.length, 1, `one ${kind} ${name}`);
  return found[0]!;
}

/** All resources of a type, as {@link one} writes it. */
export function of(resources: readonly Recorded[], kind: string): readonly Recorded[] {
  const [module, type] = kind.split("/");
  const file = type!.charAt(0).toLowerCase() + type!.slice(1);
  return resources.filter((resource) => resource.type === `aws:${module}/${file}:${type}`);
}

/** How what was recorded is kept: `s3/Bucket backups [retained] [guarded]`, in the order of its making. */
export const kept = (resources: readonly Recorded[]) =>
  resources.flatMap(({ type, name, retained, guarded }) => {
    const [, module, kind] = /^aws:(\w+)\/\w+:(\w+)$/.exec(type) ?? [];
    return module && (retained || guarded)
      ? [`${module}/${kind} ${name}${retained ? " [retained]" : ""}${guarded ? " [guarded]" : ""}`]
      : [];
  });
