import type { PolicyResource, StackValidationPolicy } from "@pulumi/policy";
import { UNKNOWN, type Resource, type Rule } from "./rule";
import { plainType } from "./types";

/** A rule as Pulumi runs it: on the whole stack, at the end of each preview and update. */
export function policyOf(rule: Rule): StackValidationPolicy {
  return {
    name: rule.name,
    description: rule.description,
    configSchema: {
      properties: Object.fromEntries(
        Object.entries(rule.defaults).map(([key, value]) => [
          key,
          { ...schemaOf(value), default: value as never, description: rule.settings[key] ?? "" },
        ]),
      ),
    },
    validateStack: (stack, report) => {
      const settings = { ...rule.defaults, ...stack.getConfig<typeof rule.defaults>() };
      for (const { message, urn } of rule.violations(stack.resources.map(resourceOf), settings)) report(message, urn);
    },
  };
}

const schemaOf = (value: unknown) =>
  typeof value === "number"
    ? { type: "integer" as const, minimum: 1 }
    : {
        type: "array" as const,
        items: { type: typeof (value as unknown[])[0] === "number" ? "integer" : "string" } as const,
      };

export const resourceOf = ({ urn, type, name, props, opts, propertyDependencies }: PolicyResource): Resource => ({
  ...{ urn, name, type: plainType(type), protect: opts.protect },
  props: known(props) as Readonly<Record<string, unknown>>,
  uses: Object.fromEntries(
    Object.entries(propertyDependencies).map(([key, used]) => [key, used.map((one) => one.urn)]),
  ),
});

/** A copy that can be read without a throw: Pulumi's own throws at each value that a preview cannot know. */
function known(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const read = (key: string): unknown => {
    try {
      return known((value as Record<string, unknown>)[key]);
    } catch {
      return UNKNOWN;
    }
  };
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(String(index)));
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(key)]));
}
