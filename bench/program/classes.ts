import type * as pulumi from "@pulumi/pulumi";
import * as own from "../../provider/sdk";

type ResourceClass = new (
  name: string,
  args: Record<string, unknown>,
  opts: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- as in a program, for Azure only
const azureProvider = () => (require("@pulumi/azure-native/provider") as { Provider: ResourceClass }).Provider;

/** The SDK's class of a token, from the module that a program would import; undefined of a component. */
export function resourceClass(type: string): ResourceClass | undefined {
  const [pack = "", module = "", name = ""] = type.split(":");
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which one is known by the token only
  const from = (file: string) => (require(file) as Record<string, ResourceClass>)[name];
  if (pack === "aws") return from(`@pulumi/aws/${module.split("/")[0]!}`);
  if (pack === "azure-native") return from(`@pulumi/azure-native/${module}`);
  if (type === "pulumi:providers:azure-native") return azureProvider();
  if (pack === "dr") return (own as unknown as Record<string, ResourceClass>)[name];
  return undefined;
}

/** A resource as it was recorded. What the fakes do not know was not recorded, where a cloud would have said something. */
export function construct(
  Made: ResourceClass,
  name: string,
  args: Record<string, unknown>,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  try {
    return new Made(name, args, opts);
  } catch (error) {
    const [, missing] = /^Missing required property '(\w+)'/.exec((error as Error).message) ?? [];
    if (missing === undefined) throw error;
    return construct(Made, name, { ...args, [missing]: "" }, opts);
  }
}
