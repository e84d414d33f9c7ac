import { each, EXEMPT, ofType, UNKNOWN, without, type Rule } from "./rule";
import { AWS, AZURE } from "./types";

const TAGGED = [
  AWS.bucket,
  AWS.database,
  AWS.databaseCluster,
  AWS.backupVault,
  AWS.key,
  AZURE.account,
  AZURE.server,
  AZURE.keyVault,
];

/** In a disaster somebody must see at once what a thing belongs to. */
export const tags: Rule<{ exempt: readonly string[]; required: readonly string[] }> = {
  name: "tags",
  description: "What holds data says which plan and site it belongs to.",
  settings: { exempt: EXEMPT, required: "Tags that must be there." },
  defaults: { exempt: [], required: ["dr:plan", "dr:site"] },
  violations: (resources, { exempt, required }) =>
    each(without(exempt, ofType(resources, ...TAGGED)), ({ name, props }) => {
      // The provider's default tags are in `tagsAll` only.
      if (props["tags"] === UNKNOWN || props["tagsAll"] === UNKNOWN) return undefined;
      const has = { ...(props["tags"] as object | undefined), ...(props["tagsAll"] as object | undefined) };
      const missing = required.filter((tag) => !Object.hasOwn(has, tag));
      return missing.length === 0
        ? undefined
        : `${name} must have the tags ${required.join(", ")}; got no ${missing.join(", ")}. Add them, or the provider's defaultTags`;
    }),
};
